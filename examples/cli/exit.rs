//! How the examples begin and end: arguments or a status, and one line on stderr where something went wrong.

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

/// The arguments, or the status to end with: 0 after `--help`, 2 after wrong ones.
pub(crate) fn arguments<A: Parser>() -> Result<A, ExitCode> {
    A::try_parse().map_err(|refusal| {
        if !refusal.use_stderr() {
            // Whoever asked for help and closed the pipe has seen enough.
            let _ = refusal.print();
            return ExitCode::SUCCESS;
        }
        let rendered = refusal.render().to_string();
        let lines = rendered.lines().map(str::trim);
        let cause: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
        wrong_usage(cause.join(" ").trim_start_matches("error: "))
    })
}

/// Says which arguments are wrong, and ends with status 2.
pub(crate) fn wrong_usage(message: impl Display) -> ExitCode {
    say(format_args!("{message} (see --help)"));
    ExitCode::from(2)
}

/// Says what went wrong, and ends with status 1.
pub(crate) fn failed(message: impl Display) -> ExitCode {
    say(message);
    ExitCode::FAILURE
}

/// Says who could not be reached, and ends with status 3.
pub(crate) fn unreachable(message: impl Display) -> ExitCode {
    say(message);
    ExitCode::from(3)
}

fn say(message: impl Display) {
    let _ = writeln!(std::io::stderr(), "error: {message}");
}
