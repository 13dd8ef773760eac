//! Reads the data in `tests/vectors`.

use std::collections::HashMap;

use tinyjson::JsonValue;
use tokio_mse::Skey;

/// One JSON document of known answers, or a part of one.
#[derive(Clone)]
pub struct Vector(JsonValue);

impl Vector {
    pub fn load(name: &str) -> Self {
        let path = format!("{}/tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self(text.parse().unwrap_or_else(|error| panic!("{path}: {error}")))
    }

    pub fn at(&self, field: &str) -> Self {
        let fields: &HashMap<String, JsonValue> = self.0.get().unwrap();
        let value = fields.get(field);
        Self(value.unwrap_or_else(|| panic!("no field {field}")).clone())
    }

    pub fn each(&self, field: &str) -> Vec<Self> {
        let list = self.at(field).0;
        let entries: &Vec<_> = list.get().unwrap_or_else(|| panic!("{field} is no list"));
        assert!(!entries.is_empty(), "{field} is empty");
        entries.iter().cloned().map(Self).collect()
    }

    pub fn text(&self, field: &str) -> String {
        self.at(field).0.try_into().unwrap()
    }

    pub fn texts(&self, field: &str) -> Vec<String> {
        let each = self.each(field);
        each.iter()
            .map(|entry| entry.0.get().cloned().unwrap_or_default())
            .collect()
    }

    pub fn number(&self, field: &str) -> u16 {
        let number: f64 = self.at(field).0.try_into().unwrap();
        number.to_string().parse().unwrap()
    }

    pub fn flag(&self, field: &str) -> bool {
        self.at(field).0.try_into().unwrap()
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
