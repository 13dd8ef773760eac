//! The command line of `echo_client`.

use std::time::Duration;

use tokio_mse::{CryptoMethod, CryptoMethods, Disguise, Encryption};

use crate::cli::command_line::{CommandLine, Stop};
use crate::cli::values::{self, Address, InfoHash};

const HELP: &str = "\
Sends a BitTorrent handshake and random bytes to an echo server, and checks that everything comes back

Usage: echo_client [OPTIONS] --connect <ADDR> --info-hash <HEX>

Options:
      --connect <ADDR>
          The address of the echo server
      --info-hash <HEX>
          The torrent to ask for, in 40 hex digits
      --encryption <LEVEL>
          The level of encryption [default: prefer]
          - forbid:   Never use MSE
          - allow:    Dial in plaintext first, and with MSE if the peer does not answer
          - prefer:   Dial with MSE first, and in plaintext if the peer does not answer
          - require:  Never use plaintext
      --methods <LIST>
          The methods to offer, most preferred first: rc4, header-only [default: rc4]
      --bytes <N>
          How many random bytes follow the BitTorrent handshake, at most 2^50 [default: 1048576]
      --timeout <SECS>
          Timeout of a handshake, and of the exchange if it makes no progress [default: 10]
      --answer-timeout <SECS>
          How long the peer may take to answer before a redial in the other mode
          [default: 5 for MSE, 10 for plaintext]
      --disguise <DISGUISE>
          The disguise of the handshake [default: none]
          - none:     No disguise
          - exempt:   The first segment is exempt from the published firewall rules
          - full:     The first bytes are printable, and the handshake is sent in small pieces
  -h, --help
          Print help
  -V, --version
          Print version

Example:
  cargo run --release --example echo_client -- --connect 127.0.0.1:6881 \\
      --info-hash 0123456789abcdef0123456789abcdef01234567 --encryption require

RUST_LOG=tokio_mse=debug shows the steps of the handshake on stderr. NO_COLOR=1 switches colours off.
";

pub(crate) struct Arguments {
    pub(crate) connect: Address,
    pub(crate) info_hash: InfoHash,
    pub(crate) encryption: Encryption,
    pub(crate) methods: CryptoMethods,
    pub(crate) bytes: u64,
    pub(crate) timeout: Duration,
    pub(crate) answer_timeout: Option<Duration>,
    pub(crate) disguise: Disguise,
}

impl Arguments {
    pub(crate) fn parse() -> Result<Self, Stop> {
        let mut line = CommandLine::new(HELP);
        let (mut connect, mut info_hash) = (None, None);
        let (mut encryption, mut methods) = (Encryption::Prefer, CryptoMethods::only(CryptoMethod::Rc4));
        let (mut bytes, mut disguise) = (1 << 20, Disguise::none());
        let (mut timeout, mut answer_timeout) = (Duration::from_secs(10), None);
        while let Some(option) = line.option()? {
            match option.as_str() {
                "--connect" => connect = Some(line.value("<ADDR>", str::parse)?),
                "--info-hash" => info_hash = Some(line.value("<HEX>", str::parse)?),
                "--encryption" => encryption = line.value("<LEVEL>", str::parse)?,
                "--methods" => methods = line.value("<LIST>", values::methods)?,
                "--bytes" => bytes = line.value("<N>", values::length)?,
                "--timeout" => timeout = line.value("<SECS>", values::seconds)?,
                "--answer-timeout" => answer_timeout = Some(line.value("<SECS>", values::seconds)?),
                "--disguise" => disguise = line.value("<DISGUISE>", values::disguise)?,
                _ => return Err(Stop::unexpected(&option)),
            }
        }
        Ok(Self {
            connect: connect.ok_or_else(|| Stop::missing("--connect <ADDR>"))?,
            info_hash: info_hash.ok_or_else(|| Stop::missing("--info-hash <HEX>"))?,
            encryption,
            methods,
            bytes,
            timeout,
            answer_timeout,
            disguise,
        })
    }
}
