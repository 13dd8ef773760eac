//! A TCP address on the command line.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

/// `HOST:PORT`; the host is an IP address or a name.
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
            Err(_) => Err(format!("{port} is no port: ports go up to 65535")),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
