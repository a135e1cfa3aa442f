# Completion of supervisorctl for bash. Generated from its tables of options and actions.

# What a daemon runs: its processes, and `group:*` where a group has a name of its own.
_supervisorctl_processes() {
    local listing code name
    listing=$(timeout 2 "$@" status 2>/dev/null </dev/null)
    code=$?
    # 0: all run, 3: some do not. Everything else is no answer of a daemon.
    [[ $code -eq 0 || $code -eq 3 ]] || return
    while read -r name _; do
        printf '%s\n' "$name"
        [[ $name == *:* ]] && printf '%s\n' "${name%%:*}:*"
    done <<<"$listing" | sort -u
}

_supervisorctl() {
    local line=${COMP_LINE:0:COMP_POINT} cur= action= count i prefix
    local -a words daemon names=()
    # Not COMP_WORDS: it takes `group:process` apart.
    read -ra words <<<"$line"
    count=${#words[@]}
    if [[ $line != *[[:space:]] ]]; then
        cur=${words[count - 1]}
        ((count--))
    fi
    daemon=("${words[0]}")
    for ((i = 1; i < count; i++)); do
        case ${words[i]} in
            -c | --configuration | -r | --history_file | -s | --serverurl | -u | --username | -p | --password)
                if ((i + 1 == count)); then
                    case ${words[i]} in
                        -c | --configuration | -r | --history_file) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
                    esac
                    return
                fi
                daemon+=("${words[i]}" "${words[i + 1]}")
                ((i++))
                ;;
            --*=*) daemon+=("${words[i]}") ;;
            -*) ;;
            *)
                action=${words[i]}
                break
                ;;
        esac
    done
    case $action in
        '')
            if [[ $cur == -* ]]; then
                names=(-c --configuration -h --help -i --interactive -s --serverurl -u --username -p --password -r --history_file)
            else
                names=(help add avail clear exit fg maintail open pid quit reload remove reread restart shutdown signal start status stop tail update version)
            fi
            ;;
        help) names=(add avail clear exit fg maintail open pid quit reload remove reread restart shutdown signal start status stop tail update version) ;;
        add | remove | update)
            mapfile -t names < <(_supervisorctl_processes "${daemon[@]}" | sed 's/:.*//' | sort -u)
            ;;
        clear | fg | pid | restart | signal | start | status | stop | tail) mapfile -t names < <(_supervisorctl_processes "${daemon[@]}") ;;
    esac
    # What stands before the last colon is on the line already.
    prefix=
    [[ $COMP_WORDBREAKS == *:* && $cur == *:* ]] && prefix=${cur%"${cur##*:}"}
    COMPREPLY=()
    for i in "${names[@]}"; do
        [[ $i == "$cur"* ]] && COMPREPLY+=("${i#"$prefix"}")
    done
}

complete -F _supervisorctl supervisorctl
