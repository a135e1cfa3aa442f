# Completion of supervisorctl for fish. Generated from its tables of options and actions.

# The words before the cursor that lead to a daemon, then the action, if there is one.
function __supervisorctl_words
    set -l words (commandline -opc)
    set -l count (count $words)
    set -l i 2
    while test $i -le $count
        switch $words[$i]
            case '-c' '--configuration' '-s' '--serverurl' '-u' '--username' '-p' '--password' '-r' '--history_file'
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
complete -c supervisorctl -n 'not __supervisorctl_words' -s 'c' -l configuration -rF -d 'read this configuration file'
complete -c supervisorctl -n 'not __supervisorctl_words' -s 'h' -s '?' -l help -d 'show this help and exit'
complete -c supervisorctl -n 'not __supervisorctl_words' -s 'i' -l interactive -d 'let the action ask back, as in the shell'
complete -c supervisorctl -n 'not __supervisorctl_words' -s 's' -l serverurl -x -d 'talk to the daemon at this URL'
complete -c supervisorctl -n 'not __supervisorctl_words' -s 'u' -l username -x -d 'log in as this user'
complete -c supervisorctl -n 'not __supervisorctl_words' -s 'p' -l password -x -d 'log in with this password'
complete -c supervisorctl -n 'not __supervisorctl_words' -s 'r' -l history_file -rF -d 'accepted for compatibility; ignored'
complete -c supervisorctl -n 'not __supervisorctl_words' -a add -d 'Activate groups of the configuration as it was last read'
complete -c supervisorctl -n 'not __supervisorctl_words' -a avail -d 'Show all configured processes'
complete -c supervisorctl -n 'not __supervisorctl_words' -a clear -d 'Empty the log files of a process'
complete -c supervisorctl -n 'not __supervisorctl_words' -a exit -d 'Leave the shell'
complete -c supervisorctl -n 'not __supervisorctl_words' -a fg -d 'Talk to a process as if it ran in this terminal'
complete -c supervisorctl -n 'not __supervisorctl_words' -a maintail -d 'Follow the main log of supervisord (Ctrl-C ends it)'
complete -c supervisorctl -n 'not __supervisorctl_words' -a open -d 'Talk to the supervisord at another URL'
complete -c supervisorctl -n 'not __supervisorctl_words' -a pid -d 'Show the PID of supervisord'
complete -c supervisorctl -n 'not __supervisorctl_words' -a quit -d 'Leave the shell'
complete -c supervisorctl -n 'not __supervisorctl_words' -a reload -d 'Restart supervisord'
complete -c supervisorctl -n 'not __supervisorctl_words' -a remove -d 'Take stopped groups out of the active ones'
complete -c supervisorctl -n 'not __supervisorctl_words' -a reread -d 'Read the configuration again and show what differs; change nothing'
complete -c supervisorctl -n 'not __supervisorctl_words' -a restart -d 'Stop and start a process'
complete -c supervisorctl -n 'not __supervisorctl_words' -a shutdown -d 'Stop supervisord and all it runs'
complete -c supervisorctl -n 'not __supervisorctl_words' -a signal -d 'Send a signal to a process'
complete -c supervisorctl -n 'not __supervisorctl_words' -a start -d 'Start a process'
complete -c supervisorctl -n 'not __supervisorctl_words' -a status -d 'Show the state of a process'
complete -c supervisorctl -n 'not __supervisorctl_words' -a stop -d 'Stop a process'
complete -c supervisorctl -n 'not __supervisorctl_words' -a tail -d 'Follow the stdout of a process'
complete -c supervisorctl -n 'not __supervisorctl_words' -a update -d 'Read the configuration again and apply what differs, restarting what changed'
complete -c supervisorctl -n 'not __supervisorctl_words' -a version -d 'Show the version of supervisord'
complete -c supervisorctl -n 'not __supervisorctl_words' -a help -d 'Show what an action does'
complete -c supervisorctl -n '__supervisorctl_action help' -a 'add avail clear exit fg maintail open pid quit reload remove reread restart shutdown signal start status stop tail update version'
complete -c supervisorctl -n '__supervisorctl_action add remove update' -a '(__supervisorctl_groups)'
complete -c supervisorctl -n '__supervisorctl_action clear fg pid restart signal start status stop tail' -a '(__supervisorctl_processes)'
