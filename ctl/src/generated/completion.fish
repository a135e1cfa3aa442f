# Completion of supervisorctl for fish. Generated from its tables of options and actions.

# The words before the cursor that lead to a daemon, then the action, if there is one.
function __supervisorctl_words
    set -l words (commandline -opc)
    set -l count (count $words)
    set -l i 2
    while test $i -le $count
        switch $words[$i]
            case @FISH_OPTIONS@
                set i (math $i + 1)
            case '-*'
            case '*'
                echo $words[$i]
                return 0
        end
        set i (math $i + 1)
    end
    return 1
end

function __supervisorctl_action
    contains -- (__supervisorctl_words) $argv
end

# What a daemon runs: its processes, and `group:*` where a group has a name of its own.
function __supervisorctl_processes
    set -l words (commandline -opc)
    set -l action (contains -i -- (__supervisorctl_words) $words)
    set -l listing (timeout 2 $words[1..(math $action - 1)] status 2>/dev/null </dev/null)
    # 0: all run, 3: some do not. Everything else is no answer of a daemon.
    contains $status 0 3; or return
    for line in $listing
        set -l name (string split ' ' -- $line)[1]
        echo $name
        string match -q '*:*' -- $name; and echo (string split ':' -- $name)[1]':*'
    end | sort -u
end

function __supervisorctl_groups
    __supervisorctl_processes | string replace -r ':.*' '' | sort -u
end

complete -c supervisorctl -f
@FISH_ROWS@
complete -c supervisorctl -n '__supervisorctl_action @ON_ACTIONS_LIST@' -a '@ACTIONS@'
complete -c supervisorctl -n '__supervisorctl_action @ON_GROUPS_LIST@' -a '(__supervisorctl_groups)'
complete -c supervisorctl -n '__supervisorctl_action @ON_PROCESSES_LIST@' -a '(__supervisorctl_processes)'
