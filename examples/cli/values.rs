//! Values on the command line.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use tokio_mse::{CryptoMethods, Disguise};

const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
const LARGEST: u64 = 1 << 50;

/// A TCP address, `HOST:PORT`. The host is an IP address or a name.
#[derive(Clone)]
pub(crate) struct Address(String);

impl Address {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = || "expected HOST:PORT, for example 127.0.0.1:6881".to_owned();
        let (host, port) = text.rsplit_once(':').ok_or_else(expected)?;
        let is_number = !port.is_empty() && port.bytes().all(|digit| digit.is_ascii_digit());
        let is_named = !host.is_empty() && !host.contains([':', '[', ']', ' ']);
        let is_ipv6 = format!("{host}:0").parse::<SocketAddr>().is_ok();
        if !is_number || !(is_named || is_ipv6) {
            return Err(expected());
        }
        match port.parse::<u16>() {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(_) => Err(format!("{port} is not a port: ports go up to 65535")),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An info-hash (the SKEY), given as 40 hex digits.
#[derive(Clone, Copy)]
pub(crate) struct InfoHash(pub(crate) [u8; 20]);

impl FromStr for InfoHash {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.chars().count();
        if digits != 40 && text.chars().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(format!("expected 40 hex digits, found {digits}"));
        }
        let mut info_hash = [0; 20];
        hex::decode_to_slice(text, &mut info_hash)
            .map_err(|_| "expected 40 hex digits, found something else".to_owned())?;
        Ok(Self(info_hash))
    }
}

/// A disguise. `off` is another spelling of `none`.
pub(crate) fn disguise(text: &str) -> Result<Disguise, &'static str> {
    match text {
        "none" | "off" => Ok(Disguise::none()),
        "exempt" => Ok(Disguise::exempt()),
        "full" => Ok(Disguise::full()),
        _ => Err("expected `none`, `exempt` or `full`"),
    }
}

/// Methods separated by commas, most preferred first. `plaintext` is another spelling of `header-only`.
pub(crate) fn methods(list: &str) -> Result<CryptoMethods, String> {
    let names: Vec<_> = list
        .split(',')
        .map(|name| match name.trim() {
            "plaintext" => "header-only",
            name => name,
        })
        .collect();
    names.join(",").parse().map_err(|error| format!("{error}"))
}

/// A timeout in seconds, fractions included.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|timeout| (SHORTEST..=LONGEST).contains(timeout))
        .ok_or_else(|| "expected seconds, from 0.001 to 86400".to_owned())
}

/// A number of bytes, at most 2^50.
pub(crate) fn length(text: &str) -> Result<u64, &'static str> {
    text.parse()
        .ok()
        .filter(|bytes| *bytes <= LARGEST)
        .ok_or("expected a number from 0 to 2^50")
}
