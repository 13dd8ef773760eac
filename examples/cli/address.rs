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
        let is_named = |(host, port): (&str, &str)| {
            !host.is_empty() && !host.contains([':', '[', ']', ' ']) && port.parse::<u16>().is_ok()
        };
        if text.parse::<SocketAddr>().is_ok() || text.rsplit_once(':').is_some_and(is_named) {
            Ok(Self(text.to_owned()))
        } else {
            Err("expected HOST:PORT, for example 127.0.0.1:6881".to_owned())
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
