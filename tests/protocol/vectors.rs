//! Reads the data in `tests/vectors`.

use serde_json::Value;
use tokio_mse::Skey;

/// One JSON document of known answers, or a part of one.
#[derive(Clone)]
pub struct Vector(Value);

impl Vector {
    pub fn load(name: &str) -> Self {
        let path = format!("{}/tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}")))
    }

    pub fn at(&self, field: &str) -> Self {
        let value = self.0.get(field);
        Self(value.unwrap_or_else(|| panic!("no field {field}")).clone())
    }

    pub fn each(&self, field: &str) -> Vec<Self> {
        let list = self.at(field).0;
        let entries = list.as_array().unwrap_or_else(|| panic!("{field} is no list"));
        assert!(!entries.is_empty(), "{field} is empty");
        entries.iter().cloned().map(Self).collect()
    }

    pub fn text(&self, field: &str) -> String {
        self.at(field).0.as_str().unwrap().to_owned()
    }

    pub fn texts(&self, field: &str) -> Vec<String> {
        let each = self.each(field);
        each.iter()
            .map(|entry| entry.0.as_str().unwrap_or_default().to_owned())
            .collect()
    }

    pub fn number(&self, field: &str) -> u16 {
        self.at(field).0.as_u64().unwrap().try_into().unwrap()
    }

    pub fn flag(&self, field: &str) -> bool {
        self.at(field).0.as_bool().unwrap()
    }

    pub fn bytes(&self, field: &str) -> Vec<u8> {
        hex::decode(self.text(field)).unwrap()
    }

    pub fn array<const N: usize>(&self, field: &str) -> [u8; N] {
        let bytes = self.bytes(field);
        bytes
            .try_into()
            .unwrap_or_else(|_| panic!("{field} does not have {N} bytes"))
    }

    pub fn skey(&self, field: &str) -> Skey {
        Skey::from(self.array(field))
    }
}
