//! Values on the command line.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;
use std::time::Duration;

use clap::ValueEnum;
use data_encoding::BASE32_NOPAD as BASE32;
use tokio_mse::{CryptoMethods, Disguise, Encryption};

use crate::text::escaped;

const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// A TCP address, `HOST:PORT`. The host is an IPv4 address, a name, or an IPv6 address in brackets, which may name its
/// interface: `[fe80::1%eth0]:6881`.
#[derive(Clone, Debug)]
pub struct Address {
    /// Without brackets, as it is looked up.
    host: String,
    port: u16,
}

impl Address {
    /// A host that was given apart from its port: an address, with or without brackets, or a name.
    pub fn new(host: &str, port: u16) -> Option<Self> {
        let inside = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let is_ipv6 = is_ipv6(inside.unwrap_or(host));
        let is_name = !host.is_empty() && !host.contains([':', '[', ']', '%', ' ']);
        (is_ipv6 || is_name).then(|| Self {
            host: inside.unwrap_or(host).to_owned(),
            port,
        })
    }

    /// What tokio and the standard library can dial.
    pub fn parts(&self) -> (&str, u16) {
        (&self.host, self.port)
    }

    /// The address as it was given, control characters included.
    pub fn text(&self) -> String {
        let Self { host, port } = self;
        if host.contains(':') {
            format!("[{host}]:{port}")
        } else {
            format!("{host}:{port}")
        }
    }
}

/// An IPv6 address without brackets, perhaps with an interface.
fn is_ipv6(host: &str) -> bool {
    let (address, zone) = host.split_once('%').unwrap_or((host, "0"));
    let is_zone = !zone.is_empty()
        && zone
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"[]%".contains(&byte));
    address.parse::<Ipv6Addr>().is_ok() && is_zone
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = || "expected HOST:PORT, for example 127.0.0.1:6881 or [::1]:6881".to_owned();
        let (host, port) = text.rsplit_once(':').ok_or_else(expected)?;
        if port.is_empty() || !port.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(expected());
        }
        // Without brackets, nothing shows where an IPv6 address ends and its port begins.
        if host.contains(':') && !host.starts_with('[') {
            return Err(expected());
        }
        match port.parse() {
            Ok(port) => Self::new(host, port).ok_or_else(expected),
            Err(_) => Err(format!("{port} is not a port: ports go up to 65535")),
        }
    }
}

/// Escaped: a SOCKS client may ask for a name with control characters in it.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escaped(&self.text()))
    }
}

/// An info-hash (the SKEY): 40 hex digits, the 64 of a v2 torrent, 32 characters of base32, or a magnet link.
///
/// A v2 info-hash is cut to its first 20 bytes, as in the BitTorrent handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InfoHash(pub [u8; 20]);

impl FromStr for InfoHash {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text
            .get(..7)
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("magnet:"))
        {
            return magnet(text);
        }
        let is_hex = text.chars().all(|digit| digit.is_ascii_hexdigit());
        match (text.chars().count(), is_hex) {
            (40 | 64, true) => first_20(hex::decode(text).ok().as_deref()),
            (32, _) if !is_hex => first_20(
                BASE32
                    .decode(text.to_ascii_uppercase().as_bytes())
                    .ok()
                    .as_deref(),
            ),
            (digits, true) => Err(format!("{EXPECTED_HASH}, found {digits} hex digits")),
            _ => Err(format!("{EXPECTED_HASH}, found something else")),
        }
    }
}

const EXPECTED_HASH: &str =
    "expected 40 hex digits, 64 (a v2 info-hash), 32 base32 characters or a magnet link";

fn first_20(decoded: Option<&[u8]>) -> Result<InfoHash, String> {
    let first = decoded.and_then(|bytes| bytes.first_chunk());
    let info_hash = first.ok_or_else(|| format!("{EXPECTED_HASH}, found something else"))?;
    Ok(InfoHash(*info_hash))
}

/// The v1 info-hash of a magnet link, or its v2 info-hash if that is the only one. Peers of a hybrid torrent serve both.
fn magnet(link: &str) -> Result<InfoHash, String> {
    let (_, query) = link.split_once('?').unwrap_or_default();
    let topics = query.split('&').filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        // `xt.1` and so on are links to several torrents.
        let is_topic = name == "xt" || name.starts_with("xt.");
        is_topic.then(|| value.replace("%3A", ":").replace("%3a", ":"))
    });
    let topics: Vec<_> = topics.collect();
    let topic = |prefix| topics.iter().find_map(|topic| topic.strip_prefix(prefix));
    if let Some(v1) = topic("urn:btih:") {
        return v1.parse();
    }
    // A multihash: SHA-256 (0x12) of 32 bytes (0x20).
    if let Some(v2) = topic("urn:btmh:1220") {
        return v2.parse();
    }
    Err("the magnet link names no BitTorrent info-hash".to_owned())
}

/// Whether connections use MSE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Wanted {
    /// Never use MSE
    Forbid,
    /// Accept both; dial in plaintext, and again with MSE if the peer does not answer
    Allow,
    /// Accept both; dial with MSE, and again in plaintext if the peer does not answer
    Prefer,
    /// Never use plaintext
    Require,
}

impl From<Wanted> for Encryption {
    fn from(wanted: Wanted) -> Self {
        match wanted {
            Wanted::Forbid => Self::Forbid,
            Wanted::Allow => Self::Allow,
            Wanted::Prefer => Self::Prefer,
            Wanted::Require => Self::Require,
        }
    }
}

/// How a handshake is disguised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Look {
    /// No disguise
    #[value(alias = "off")]
    None,
    /// Published firewall rules exempt the first segment
    Exempt,
    /// Exempt, and sent in small pieces
    Full,
}

impl From<Look> for Disguise {
    fn from(look: Look) -> Self {
        match look {
            Look::None => Self::none(),
            Look::Exempt => Self::exempt(),
            Look::Full => Self::full(),
        }
    }
}

/// Parses a list of methods, most preferred first. `plaintext` is another spelling of `header-only`.
///
/// # Errors
///
/// If a name is unknown or repeated.
pub fn methods(list: &str) -> Result<CryptoMethods, String> {
    let names = list.split(',').map(|name| match name {
        "plaintext" => "header-only",
        name => name,
    });
    let names: Vec<_> = names.collect();
    names.join(",").parse().map_err(|error| format!("{error}"))
}

/// Parses a timeout in seconds, fractions included.
///
/// # Errors
///
/// If it is not a number from 0.001 to 86400.
pub fn seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|timeout| (SHORTEST..=LONGEST).contains(timeout))
        .ok_or_else(|| "expected seconds, from 0.001 to 86400".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plaintext_is_another_spelling_of_header_only() {
        for (one, other) in [("plaintext", "header-only"), ("rc4,plaintext", "rc4,header-only")] {
            assert_eq!(methods(one), methods(other));
        }
        assert!(methods("rc5").unwrap_err().contains("rc5"));
    }

    #[test]
    fn an_address_is_printed_without_control_characters() {
        let address: Address = "evil\u{1b}\u{202e}.example:80".parse().unwrap();
        assert_eq!(address.to_string(), r"evil\u{1b}\u{202e}.example:80");
        let plain: Address = "[::1]:6881".parse().unwrap();
        assert_eq!(plain.to_string(), "[::1]:6881");
    }

    #[test]
    fn an_ipv6_address_may_name_its_interface() {
        for text in ["[fe80::1%eth0]:6881", "[fe80::1%2]:6881", "[::1]:1"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        let address: Address = "[fe80::1%eth0]:6881".parse().unwrap();
        assert_eq!(address.parts(), ("fe80::1%eth0", 6881));
        for host in ["::1", "[::1]", "localhost", "127.0.0.1"] {
            assert!(Address::new(host, 1).is_some(), "{host}");
        }
        for wrong in [
            "::1:80",
            "[fe80::1%]:1",
            "[eth0]:1",
            "[::1:1",
            "a b:1",
            ":1",
            "[::1]:70000",
            "[::1]:",
        ] {
            assert!(wrong.parse::<Address>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_info_hash_is_hex_of_either_version_base32_or_a_magnet_link() {
        let v1 = "5a".repeat(20);
        let v2 = "5a".repeat(32);
        // RFC 4648: five bits a character.
        let base32 = BASE32.encode(&[0x5A; 20]);
        for text in [
            v1.clone(),
            v1.to_uppercase(),
            v2.clone(),
            base32.clone(),
            base32.to_lowercase(),
            format!("magnet:?xt=urn:btih:{v1}&dn=name&tr=http%3A%2F%2Ftracker"),
            format!("magnet:?dn=name&xt=urn%3Abtih%3A{base32}"),
            format!("MAGNET:?xt=urn:btmh:1220{v2}"),
            format!("magnet:?xt=urn:btmh:1220{}&xt=urn:btih:{v1}", "00".repeat(32)),
            format!("magnet:?xt.1=urn:btih:{v1}"),
        ] {
            assert_eq!(text.parse(), Ok(InfoHash([0x5A; 20])), "{text}");
        }
        for (text, message) in [
            ("0".repeat(39), "found 39"),
            ("0".repeat(41), "found 41"),
            ("g".repeat(40), "something else"),
            ("1".repeat(31) + "!", "something else"),
            ("é".repeat(20), "something else"),
            ("magnet:?xt=urn:sha1:AAAA".to_owned(), "no BitTorrent info-hash"),
            ("magnet:".to_owned(), "no BitTorrent info-hash"),
            ("magnet:?xt=urn:btih:00".to_owned(), "found 2"),
        ] {
            assert!(text.parse::<InfoHash>().unwrap_err().contains(message), "{text}");
        }
    }

    #[test]
    fn a_timeout_is_a_positive_number_of_seconds() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for wrong in ["soon", "NaN", "inf", "0", "-1", "1e300"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
