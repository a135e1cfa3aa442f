//! The list of rules, and nothing else.

use super::Rule;

mod bad_number_format;
mod bom_or_encoding;
mod command_not_executable;
mod command_unparsable;
mod comment_needs_space;
mod comment_truncates_value;
mod ctl_cannot_reach_daemon;
mod daemonizing_command;
mod dev_stdout_needs_no_rotation;
mod directory_missing;
mod duplicate_key;
mod duplicate_section;
mod env_hash_cuts_rest;
mod env_missing_expansion;
mod env_shell_syntax;
mod env_unquoted_special;
mod env_value_split;
mod env_version_dependent;
mod eventlistener_misuse;
mod exposed_control_port;
mod fatal_is_forever;
mod group_membership;
mod include_pattern;
mod log_file_shared;
mod log_unbounded_or_unused;
mod logdir_missing;
mod negative_or_zero_number;
mod numprocs_without_process_num;
mod priority_is_not_dependency;
mod python_plugin;
mod quotes_are_literal;
mod relative_path_depends_on_cwd;
mod root_only_to_silence;
mod shared_identity;
mod shell_operator_in_command;
mod shell_wrapper_not_exec;
mod shutdown_budget;
mod startsecs_zero_storm;
mod stopsignal_unsuitable;
mod stopwaitsecs_shorter_than_job;
mod swallowed_option;
mod syslog_as_logfile;
mod tilde_or_dollar_in_command;
mod unescaped_percent;
mod unknown_key;
mod unknown_section;
mod unused_suppression;
mod user_without_home;

/// Every rule by code.
pub(super) static ALL: &[&dyn Rule] = &[
    &unused_suppression::UnusedSuppression,
    &unknown_key::UnknownKey,
    &unknown_section::UnknownSection,
    &duplicate_key::DuplicateKey,
    &duplicate_section::DuplicateSection,
    &swallowed_option::SwallowedOption,
    &comment_truncates_value::CommentTruncatesValue,
    &comment_needs_space::CommentNeedsSpace,
    &bom_or_encoding::BomOrEncoding,
    &unescaped_percent::UnescapedPercent,
    &quotes_are_literal::QuotesAreLiteral,
    &env_value_split::EnvValueSplit,
    &env_hash_cuts_rest::EnvHashCutsRest,
    &env_unquoted_special::EnvUnquotedSpecial,
    &env_shell_syntax::EnvShellSyntax,
    &env_version_dependent::EnvVersionDependent,
    &env_missing_expansion::EnvMissingExpansion,
    &shell_operator_in_command::ShellOperatorInCommand,
    &tilde_or_dollar_in_command::TildeOrDollarInCommand,
    &command_unparsable::CommandUnparsable,
    &command_not_executable::CommandNotExecutable,
    &daemonizing_command::DaemonizingCommand,
    &shell_wrapper_not_exec::ShellWrapperNotExec,
    &directory_missing::DirectoryMissing,
    &logdir_missing::LogdirMissing,
    &dev_stdout_needs_no_rotation::DevStdoutNeedsNoRotation,
    &log_file_shared::LogFileShared,
    &log_unbounded_or_unused::LogUnboundedOrUnused,
    &bad_number_format::BadNumberFormat,
    &negative_or_zero_number::NegativeOrZeroNumber,
    &numprocs_without_process_num::NumprocsWithoutProcessNum,
    &startsecs_zero_storm::StartsecsZeroStorm,
    &stopwaitsecs_shorter_than_job::StopwaitsecsShorterThanJob,
    &shutdown_budget::ShutdownBudget,
    &shared_identity::SharedIdentity,
    &user_without_home::UserWithoutHome,
    &group_membership::GroupMembership,
    &include_pattern::IncludePattern,
    &ctl_cannot_reach_daemon::CtlCannotReachDaemon,
    &exposed_control_port::ExposedControlPort,
    &eventlistener_misuse::EventlistenerMisuse,
    &priority_is_not_dependency::PriorityIsNotDependency,
    &fatal_is_forever::FatalIsForever,
    &relative_path_depends_on_cwd::RelativePathDependsOnCwd,
    &syslog_as_logfile::SyslogAsLogfile,
    &root_only_to_silence::RootOnlyToSilence,
    &stopsignal_unsuitable::StopsignalUnsuitable,
    &python_plugin::PythonPlugin,
];
