//! The command line of `echo_server`.

use std::num::NonZeroUsize;
use std::str::FromStr;
use std::time::Duration;

use tokio_mse::{CryptoMethod, CryptoMethods, Disguise, Encryption};

use crate::cli::command_line::{CommandLine, Stop};
use crate::cli::values::{self, Address, InfoHash};

const HELP: &str = "\
Accepts peers with MSE or in plaintext, and echoes every byte until the peer closes

Usage: echo_server [OPTIONS] --listen <ADDR> --info-hash <HEX>...

Options:
      --listen <ADDR>
          Where to listen; port 0 picks a free one
      --info-hash <HEX>...
          A torrent to serve, in 40 hex digits; any number of them
      --encryption <LEVEL>
          The level of encryption [default: prefer]
          - forbid:   Never use MSE
          - allow:    Accept both; differs from prefer only for programs that dial
          - prefer:   Accept both
          - require:  Never use plaintext
      --methods <LIST>
          The methods to accept, most preferred first: rc4, header-only [default: rc4]
      --timeout <SECS>
          How long a handshake may take [default: 10]
      --disguise <DISGUISE>
          The disguise of the handshake [default: none]
          - none:     No disguise
          - exempt:   The first segment is exempt from the published firewall rules
          - full:     The first bytes are printable, and the handshake is sent in small pieces
      --linger <LINGER>
          When to close a connection after a failed handshake [default: on]
          - on:       After a random time, so that a prober cannot see why it failed; at once if
                      the peer would redial
          - off:      At once
          - strict:   Like on, and treat plaintext as a key; needs --encryption require
      --per-address <N>
          How many connections one address may have [default: no limit]
  -h, --help
          Print help
  -V, --version
          Print version

Example:
  cargo run --release --example echo_server -- --listen 127.0.0.1:6881 \\
      --info-hash 0123456789abcdef0123456789abcdef01234567 --encryption require

RUST_LOG=tokio_mse=debug shows the steps of each handshake on stderr. NO_COLOR=1 switches colours off.
";

pub(crate) struct Arguments {
    pub(crate) listen: Address,
    pub(crate) info_hashes: Vec<InfoHash>,
    pub(crate) encryption: Encryption,
    pub(crate) methods: CryptoMethods,
    pub(crate) timeout: Duration,
    pub(crate) disguise: Disguise,
    pub(crate) linger: Switch,
    pub(crate) per_address: Option<NonZeroUsize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Switch {
    On,
    Off,
    Strict,
}

impl FromStr for Switch {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "on" => Ok(Self::On),
            "off" => Ok(Self::Off),
            "strict" => Ok(Self::Strict),
            _ => Err("expected `on`, `off` or `strict`"),
        }
    }
}

impl Arguments {
    pub(crate) fn parse() -> Result<Self, Stop> {
        let mut line = CommandLine::new(HELP);
        let (mut listen, mut info_hashes) = (None, Vec::new());
        let (mut encryption, mut methods) = (Encryption::Prefer, CryptoMethods::only(CryptoMethod::Rc4));
        let (mut timeout, mut disguise) = (Duration::from_secs(10), Disguise::none());
        let (mut linger, mut per_address) = (Switch::On, None);
        while let Some(option) = line.option()? {
            match option.as_str() {
                "--listen" => listen = Some(line.value("<ADDR>", str::parse)?),
                "--info-hash" => info_hashes.extend(line.values("<HEX>...", str::parse::<InfoHash>)?),
                "--encryption" => encryption = line.value("<LEVEL>", str::parse)?,
                "--methods" => methods = line.value("<LIST>", values::methods)?,
                "--timeout" => timeout = line.value("<SECS>", values::seconds)?,
                "--disguise" => disguise = line.value("<DISGUISE>", values::disguise)?,
                "--linger" => linger = line.value("<LINGER>", str::parse)?,
                "--per-address" => per_address = Some(line.value("<N>", str::parse)?),
                _ => return Err(Stop::unexpected(&option)),
            }
        }
        let listen = listen.ok_or_else(|| Stop::missing("--listen <ADDR>"))?;
        if info_hashes.is_empty() {
            return Err(Stop::missing("--info-hash <HEX>..."));
        }
        if linger == Switch::Strict && encryption != Encryption::Require {
            return Err(Stop::Wrong(
                "--linger strict needs --encryption require".to_owned(),
            ));
        }
        Ok(Self {
            listen,
            info_hashes,
            encryption,
            methods,
            timeout,
            disguise,
            linger,
            per_address,
        })
    }
}
