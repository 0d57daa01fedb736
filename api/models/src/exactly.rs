//! Members with one possible value: the type carries it.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An integer member whose only documented value is `N`, such as `status` of an error body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exactly<const N: i64>;

impl<const N: i64> Serialize for Exactly<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(N)
    }
}

impl<'de, const N: i64> Deserialize<'de> for Exactly<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let found = i64::deserialize(deserializer)?;
        if found == N { Ok(Self) } else { Err(serde::de::Error::custom(format_args!("{found} where only {N} may be"))) }
    }
}

/// JSON that is passed on as it is, byte for byte.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JsonText(Box<serde_json::value::RawValue>);

impl JsonText {
    /// Takes a JSON text.
    ///
    /// # Errors
    /// The text isn't JSON.
    pub fn new(text: String) -> Result<Self, serde_json::Error> {
        serde_json::value::RawValue::from_string(text).map(Self)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.get()
    }
}

impl PartialEq for JsonText {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}
