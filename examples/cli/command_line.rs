//! Reads a command line. Every option has a long name and a value, except `--help` and `--version`.

#![allow(
    dead_code,
    reason = "each program includes the whole module and uses a part of it"
)]

use std::ffi::OsStr;
use std::fmt::Display;
use std::io::{self, Write};

use lexopt::Arg;

const VERSION: &str = concat!(env!("CARGO_BIN_NAME"), " ", env!("CARGO_PKG_VERSION"), "\n");

/// Why the program ends before it begins.
pub(crate) enum Stop {
    /// The text that `--help` or `--version` prints.
    Print(String),
    /// What is wrong with the arguments.
    Wrong(String),
}

impl Stop {
    pub(crate) fn unexpected(argument: &str) -> Self {
        Self::Wrong(format!("unexpected argument '{}'", argument.escape_debug()))
    }

    /// This option is required.
    pub(crate) fn missing(option: &str) -> Self {
        Self::Wrong(format!("the required argument '{option}' is missing"))
    }

    /// Prints the text. The exit status is 0 for `Print` and 2 for `Wrong`.
    pub(crate) fn exit(self) -> ! {
        // A pipe may be closed already.
        let status = match self {
            Self::Print(text) => {
                let _ = io::stdout().write_all(text.as_bytes());
                0
            }
            Self::Wrong(message) => {
                let _ = writeln!(io::stderr(), "error: {message} (see --help)");
                2
            }
        };
        std::process::exit(status)
    }
}

/// The command line of a program without arguments. Exits if there is an argument.
pub(crate) fn no_arguments(help: &str) {
    match CommandLine::new(help).option() {
        Ok(None) => {}
        Ok(Some(option)) => Stop::unexpected(&option).exit(),
        Err(stop) => stop.exit(),
    }
}

pub(crate) struct CommandLine<'a> {
    parser: lexopt::Parser,
    help: &'a str,
    /// The options so far, with their dashes.
    options: Vec<String>,
}

impl<'a> CommandLine<'a> {
    pub(crate) fn new(help: &'a str) -> Self {
        Self {
            parser: lexopt::Parser::from_env(),
            help,
            options: Vec::new(),
        }
    }

    /// Reads the next option, and returns it with its dashes.
    pub(crate) fn option(&mut self) -> Result<Option<String>, Stop> {
        let option = match self.parser.next() {
            Ok(None) => return Ok(None),
            Ok(Some(Arg::Short('h') | Arg::Long("help"))) => return Err(Stop::Print(self.help.to_owned())),
            Ok(Some(Arg::Short('V') | Arg::Long("version"))) => return Err(Stop::Print(VERSION.to_owned())),
            Ok(Some(Arg::Long(name))) => format!("--{name}"),
            Ok(Some(Arg::Short(name))) => return Err(Stop::unexpected(&format!("-{name}"))),
            Ok(Some(Arg::Value(value))) => return Err(Stop::unexpected(&value.to_string_lossy())),
            Err(error) => return Err(Stop::Wrong(error.to_string())),
        };
        self.options.push(option.clone());
        Ok(Some(option))
    }

    /// Reads the value of the option that was read last. The option must not be repeated.
    pub(crate) fn value<T, E: Display>(
        &mut self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<T, Stop> {
        let option = self.described(name);
        if let Some((last, earlier)) = self.options.split_last()
            && earlier.contains(last)
        {
            return Err(Stop::Wrong(format!(
                "the argument '{option}' cannot be used multiple times"
            )));
        }
        match self.parser.value() {
            Ok(value) => parsed(&option, &value, parse),
            Err(_) => Err(missing_value(&option)),
        }
    }

    /// Reads one or more values of the option that was read last. The option may be repeated.
    pub(crate) fn values<T, E: Display>(
        &mut self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Vec<T>, Stop> {
        let option = self.described(name);
        let values = self.parser.values().map_err(|_| missing_value(&option))?;
        values.map(|value| parsed(&option, &value, &parse)).collect()
    }

    /// The option that was read last, and the name of its value: `--listen <ADDR>`.
    fn described(&self, name: &str) -> String {
        let option = self.options.last().map_or("", String::as_str);
        format!("{option} {name}")
    }
}

fn missing_value(option: &str) -> Stop {
    Stop::Wrong(format!("a value is required for '{option}'"))
}

fn parsed<T, E: Display>(
    option: &str,
    value: &OsStr,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<T, Stop> {
    let parsed = match value.to_str() {
        Some(text) => parse(text).map_err(|error| error.to_string()),
        None => Err("it is not UTF-8".to_owned()),
    };
    parsed.map_err(|error| {
        let value = value.to_string_lossy();
        let value = value.escape_debug();
        Stop::Wrong(format!("invalid value '{value}' for '{option}': {error}"))
    })
}
