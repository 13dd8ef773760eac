//! Arguments, exit status, and error messages of a program.

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

/// Parses the arguments.
///
/// # Errors
///
/// The status to exit with: 0 after `--help`, 2 after wrong arguments.
pub fn arguments<A: Parser>() -> Result<A, ExitCode> {
    A::try_parse().map_err(|refusal| {
        if !refusal.use_stderr() {
            // The pipe may be closed already.
            let _ = refusal.print();
            return ExitCode::SUCCESS;
        }
        let rendered = refusal.render().to_string();
        let lines = rendered.lines().map(str::trim);
        let cause: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
        wrong_usage(cause.join(" ").trim_start_matches("error: "))
    })
}

/// Prints which arguments are wrong. Status 2.
pub fn wrong_usage(message: impl Display) -> ExitCode {
    say(format_args!("{message} (see --help)"));
    ExitCode::from(2)
}

/// Prints an error. Status 1.
pub fn failed(message: impl Display) -> ExitCode {
    say(message);
    ExitCode::FAILURE
}

/// Prints that a peer could not be reached. Status 3.
pub fn unreachable(message: impl Display) -> ExitCode {
    say(message);
    ExitCode::from(3)
}

/// Prints a warning.
pub fn warn(message: impl Display) {
    let _ = writeln!(std::io::stderr(), "warning: {message}");
}

fn say(message: impl Display) {
    let _ = writeln!(std::io::stderr(), "error: {message}");
}
