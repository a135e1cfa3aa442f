//! SV021: a command that goes into the background.

use crate::diagnostic::{Severity, codes};
use crate::lint::command::Command;
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule};

/// A command that goes into the background.
pub(super) struct DaemonizingCommand;

static META: Meta = Meta {
    code: codes::DAEMONIZING_COMMAND,
    depth: Depth::Plan,
    what: "Finds programs that leave the foreground: by an option (`--daemon`), by a start script \
           (`service x start`), or by their default, unless their own configuration says otherwise \
           (nginx, php-fpm); the last is only advice.",
    why: "supervisor sees the program exit, starts it again and gives up, while the real one runs \
          on unsupervised and is not stopped.",
    remedy: "Use the option that keeps the program in the foreground.",
    seen: &[],
    examples: &[
        Example {
            bad: "[program:web]\ncommand=gunicorn --daemon app:app\n",
            good: "[program:web]\ncommand=gunicorn app:app\n",
            mended: Mended::ByHand,
        },
        Example {
            bad: "[program:nginx]\ncommand=/usr/sbin/nginx\n",
            good: "[program:nginx]\ncommand=/usr/sbin/nginx -g \"daemon off;\"\n",
            mended: Mended::ByHand,
        },
        Example {
            bad: "[program:db]\ncommand=service mysql start\n",
            good: "[program:db]\ncommand=/usr/sbin/mysqld\n",
            mended: Mended::ByHand,
        },
    ],
    clean: &[
        "[program:redis]\ncommand=redis-server /etc/redis.conf --daemonize no\n",
        "[program:php]\ncommand=php-fpm8.2 -F\n",
        "[program:check]\ncommand=nginx -t\n",
    ],
};

/// A program that goes into the background, and how it is kept from it.
struct Habit {
    /// Its name, or the beginning of it when it ends with `*`.
    program: &'static str,
    when: When,
    instead: &'static str,
}

enum When {
    /// It has one of these arguments.
    Asked(&'static [&'static str]),
    /// It has none of these arguments, nor a word that contains one of them.
    Unless(&'static [&'static str]),
    /// As before, but its own configuration may keep it in the foreground.
    UnlessConfigured(&'static [&'static str]),
}

const HABITS: &[Habit] = &[
    habit(
        "nginx",
        When::UnlessConfigured(&["daemon off", "-t", "-v", "-V", "-s"]),
        "add `-g \"daemon off;\"`",
    ),
    habit("php-fpm*", When::Asked(&["-D", "--daemonize"]), "write `--nodaemonize`"),
    habit(
        "php-fpm*",
        When::UnlessConfigured(&["-F", "--nodaemonize", "-O", "-t"]),
        "add `--nodaemonize`",
    ),
    habit("redis-server", When::Asked(&["--daemonize yes"]), "write `--daemonize no`"),
    habit("gunicorn*", When::Asked(&["--daemon", "-D"]), "remove the option"),
    habit("uwsgi", When::Asked(&["--daemonize", "--daemonize2", "-d"]), "remove the option"),
    habit(
        "celery",
        When::Asked(&["--detach", "-D", "multi"]),
        "write `celery worker` without `--detach`",
    ),
    habit("openvpn", When::Asked(&["--daemon"]), "remove the option"),
    habit("memcached", When::Asked(&["-d"]), "remove the option"),
    habit("haproxy", When::Asked(&["-D"]), "write `-db` or `-W`"),
    habit("mongod", When::Asked(&["--fork"]), "remove the option"),
    habit("sshd", When::Unless(&["-D", "-t", "-T"]), "add `-D`"),
    habit(
        "dnsmasq",
        When::Unless(&["-k", "-d", "--keep-in-foreground", "--no-daemon"]),
        "add `--keep-in-foreground`",
    ),
    habit("named", When::Unless(&["-f", "-g"]), "add `-f`"),
    habit("cron", When::Unless(&["-f"]), "add `-f`"),
    habit("crond", When::Unless(&["-f", "-n", "-d"]), "add `-f` or `-n`"),
    habit("rsyslogd", When::Unless(&["-n"]), "add `-n`"),
    habit("supervisord", When::UnlessConfigured(&["-n", "--nodaemon"]), "add `--nodaemon`"),
    habit("apachectl", When::Unless(&["FOREGROUND", "-t"]), "write `apachectl -D FOREGROUND`"),
    habit("apache2ctl", When::Unless(&["FOREGROUND", "-t"]), "write `apache2ctl -D FOREGROUND`"),
    habit("httpd", When::Unless(&["FOREGROUND", "-t", "-f"]), "add `-D FOREGROUND`"),
    habit("postfix", When::Asked(&["start"]), "write `postfix start-fg`"),
    habit("zkServer.sh", When::Asked(&["start"]), "write `zkServer.sh start-foreground`"),
    habit("catalina.sh", When::Asked(&["start"]), "write `catalina.sh run`"),
    habit("pm2", When::Asked(&["start"]), "write `pm2-runtime`"),
    habit(
        "service",
        When::Asked(&["start", "restart"]),
        "run the program itself, not its start script",
    ),
    habit("systemctl", When::Asked(&["start", "restart"]), "run the program itself, not its unit"),
];

const fn habit(program: &'static str, when: When, instead: &'static str) -> Habit {
    Habit { program, when, instead }
}

impl Rule for DaemonizingCommand {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        for section in config.programs() {
            let (Some(command), Some(written)) = (section.command(), section.get("command")) else {
                continue;
            };
            let Some((severity, instead)) = backgrounds(command) else { continue };
            let program = command.program();
            let word = command.program_word().range.clone();
            let message = match severity {
                Severity::Info => format!(
                    "`{program}` goes into the background unless its own configuration says otherwise"
                ),
                Severity::Warning | Severity::Error => {
                    format!("`{program}` goes into the background")
                }
            };
            let mut found = cx.finding(written.place(word), message).help(instead);
            // To start something once and forget it is a choice.
            let once = section.flag("autorestart", true) == Some(false);
            found.severity = if once { Severity::Info } else { severity };
            cx.report(found);
        }
    }
}

fn backgrounds(command: &Command) -> Option<(Severity, &'static str)> {
    let path = &command.program_word().text;
    if path.starts_with("/etc/init.d/") && command.has(&["start", "restart"]) {
        return Some((Severity::Warning, "run the program itself, not its start script"));
    }
    let program = command.program();
    HABITS.iter().filter(|habit| is_called(program, habit.program)).find_map(|habit| {
        let severity = match habit.when {
            When::Asked(options) => {
                options.iter().any(|said| asks(command, said)).then_some(Severity::Warning)
            }
            When::Unless(options) => (!mentions(command, options)).then_some(Severity::Warning),
            When::UnlessConfigured(options) => {
                (!mentions(command, options)).then_some(Severity::Info)
            }
        };
        severity.map(|severity| (severity, habit.instead))
    })
}

fn is_called(program: &str, name: &str) -> bool {
    match name.strip_suffix('*') {
        Some(stem) => program.starts_with(stem),
        None => program == name,
    }
}

/// Whether the arguments contain these words one after the other, or the option with its value.
fn asks(command: &Command, said: &str) -> bool {
    let words: Vec<&str> = said.split(' ').collect();
    match words[..] {
        [option, value] => command.value_of(option) == Some(value),
        _ => {
            let option = command.has(&words);
            option || (said.starts_with("--") && command.value_of(said).is_some())
        }
    }
}

fn mentions(command: &Command, options: &[&str]) -> bool {
    command.arguments().iter().any(|word| {
        options.iter().any(|option| match option.strip_prefix('-') {
            Some(letter) if letter.len() == 1 => {
                // Short options may be bundled.
                word.text.starts_with('-')
                    && !word.text.starts_with("--")
                    && word.text.contains(letter)
            }
            _ => word.text.contains(option),
        })
    })
}
