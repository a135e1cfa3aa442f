#compdef supervisorctl
# Completion of supervisorctl for zsh. Generated from its tables of options and actions.

# What a daemon runs, asked for with the options on the line that lead to it: its processes, and
# `group:*` where a group has a name of its own.
_supervisorctl_processes() {
    local -a line daemon
    local listing name
    line=("${(@Q)${(z)LBUFFER}}")
    daemon=("$line[1]")
    shift line
    while (( $#line )); do
        case $line[1] in
            @FILE_OPTIONS@ | @OTHER_OPTIONS@)
                daemon+=("$line[1]" "$line[2]")
                shift line
                ;;
            --*=*) daemon+=("$line[1]") ;;
            -*) ;;
            *) break ;;
        esac
        (( $#line )) && shift line
    done
    listing=$(timeout 2 "$daemon[@]" status 2>/dev/null </dev/null)
    # 0: all run, 3: some do not. Everything else is no answer of a daemon.
    (( $? == 0 || $? == 3 )) || return
    for name in "${(@f)listing}"; do
        name=${name%% *}
        print -r -- "$name"
        [[ $name == *:* ]] && print -r -- "${name%%:*}:*"
    done
}

_supervisorctl_names() {
    local -aU names
    names=("${(@f)$(_supervisorctl_processes)}")
    [[ $1 == groups ]] && names=("${(@)names%%:*}")
    compadd -- "${(@)names:#}"
}

_supervisorctl() {
    local -a actions
    local state line
    typeset -A opt_args
    actions=(
@DESCRIBED_ACTIONS@
    )
    _arguments -s -S -C : \
@DESCRIBED_OPTIONS@
        '1: :->action' \
        '*: :->names' && return
    case $state in
        action) _describe -t actions action actions ;;
        names)
            case $line[1] in
                @ON_ACTIONS@) _describe -t actions action actions ;;
                @ON_GROUPS@) _supervisorctl_names groups ;;
                @ON_PROCESSES@) _supervisorctl_names processes ;;
            esac
            ;;
    esac
}

if [[ $funcstack[1] == _supervisorctl ]]; then
    _supervisorctl "$@"
else
    compdef _supervisorctl supervisorctl
fi
