//! Policies and their parts as text in every format that `serde` knows.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use ::serde::de::{self, Deserialize, Deserializer, Visitor};
use ::serde::ser::{Serialize, Serializer};

use super::parse::{Expected, ParsePolicyError};
use super::{CryptoMethods, Encryption, Policy};

/// Reads text, from formats that hand it over in pieces as well.
struct Text<V> {
    expected: Expected,
    value: PhantomData<V>,
}

impl<V> Text<V> {
    const fn of(expected: Expected) -> Self {
        Self {
            expected,
            value: PhantomData,
        }
    }
}

impl<V: FromStr<Err = ParsePolicyError>> Visitor<'_> for Text<V> {
    type Value = V;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.expected)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<V, E> {
        text.parse().map_err(E::custom)
    }
}

impl Serialize for Encryption {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Encryption {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text::of(Expected::Encryption))
    }
}

impl Serialize for CryptoMethods {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CryptoMethods {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text::of(Expected::Methods))
    }
}

impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Policy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text::of(Expected::Policy))
    }
}
