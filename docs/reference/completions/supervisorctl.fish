# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_supervisorctl_global_optspecs
    string join \n c/configuration= h/help i/interactive s/serverurl= u/username= p/password= r/history_file=
end

function __fish_supervisorctl_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_supervisorctl_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_supervisorctl_using_subcommand
    set -l cmd (__fish_supervisorctl_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c supervisorctl -n "__fish_supervisorctl_needs_command" -s c -l configuration -d 'read this configuration file' -r
complete -c supervisorctl -n "__fish_supervisorctl_needs_command" -s s -l serverurl -d 'talk to the daemon at this URL' -r
complete -c supervisorctl -n "__fish_supervisorctl_needs_command" -s u -l username -d 'log in as this user' -r
complete -c supervisorctl -n "__fish_supervisorctl_needs_command" -s p -l password -d 'log in with this password' -r
complete -c supervisorctl -n "__fish_supervisorctl_needs_command" -s r -l history_file -d 'accepted for compatibility; ignored' -r
complete -c supervisorctl -n "__fish_supervisorctl_needs_command" -s h -s ? -l help -d 'show this help and exit'
complete -c supervisorctl -n "__fish_supervisorctl_needs_command" -s i -l interactive -d 'let the action ask back, as in the shell'
complete -c supervisorctl -n "__fish_supervisorctl_needs_command" -f -a "add" -d 'Activate groups of the configuration as it was last read'
complete -c supervisorctl -n "__fish_supervisorctl_needs_command" -f -a "avail" -d 'Show all configured processes'
complete -c supervisorctl -n "__fish_supervisorctl_needs_command" -f -a "clear" -d 'Empty the log files of a process'
complete -c supervisorctl -n "__fish_supervisorctl_needs_command" -f -a "exit" -d 'Leave the shell'
complete -c supervisorctl -n "__fish_supervisorctl_needs_command" -f -a "fg" -d 'Talk to a process as if it ran in this terminal'
complete -c supervisorctl -n "__fish_supervisorctl_needs_command" -f -a "maintail" -d 'Follow the main log of supervisord (Ctrl-C ends it)'
complete -c supervisorctl -n "__fish_supervisorctl_needs_command" -f -a "open" -d 'Talk to the supervisord at another URL'
complete -c supervisorctl -n "__fish_supervisorctl_needs_command" -f -a "pid" -d 'Show the PID of supervisord'
complete -c supervisorctl -n "__fish_supervisorctl_needs_command" -f -a "quit" -d 'Leave the shell'
complete -c supervisorctl -n "__fish_supervisorctl_needs_command" -f -a "reload" -d 'Restart supervisord'
complete -c supervisorctl -n "__fish_supervisorctl_needs_command" -f -a "remove" -d 'Take stopped groups out of the active ones'
complete -c supervisorctl -n "__fish_supervisorctl_needs_command" -f -a "reread" -d 'Read the configuration again and show what differs; change nothing'
complete -c supervisorctl -n "__fish_supervisorctl_needs_command" -f -a "restart" -d 'Stop and start a process'
complete -c supervisorctl -n "__fish_supervisorctl_needs_command" -f -a "shutdown" -d 'Stop supervisord and all it runs'
complete -c supervisorctl -n "__fish_supervisorctl_needs_command" -f -a "signal" -d 'Send a signal to a process'
complete -c supervisorctl -n "__fish_supervisorctl_needs_command" -f -a "start" -d 'Start a process'
complete -c supervisorctl -n "__fish_supervisorctl_needs_command" -f -a "status" -d 'Show the state of a process'
complete -c supervisorctl -n "__fish_supervisorctl_needs_command" -f -a "stop" -d 'Stop a process'
complete -c supervisorctl -n "__fish_supervisorctl_needs_command" -f -a "tail" -d 'Follow the stdout of a process'
complete -c supervisorctl -n "__fish_supervisorctl_needs_command" -f -a "update" -d 'Read the configuration again and apply what differs, restarting what changed'
complete -c supervisorctl -n "__fish_supervisorctl_needs_command" -f -a "version" -d 'Show the version of supervisord'
