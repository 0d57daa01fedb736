//! Attestation certificates, good ones and every kind of bad one.

use super::authenticator::{AAGUID, Key};
use crate::key;

/// `id-fido-gen-ce-aaguid`
pub(super) const MAKE: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0xe5, 0x1c, 1, 1, 4];
pub(super) const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];

pub(super) const COUNTRY: [u8; 3] = [0x55, 4, 6];
pub(super) const ORGANIZATION: [u8; 3] = [0x55, 4, 10];
pub(super) const UNIT: [u8; 3] = [0x55, 4, 11];
pub(super) const NAME: [u8; 3] = [0x55, 4, 3];

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
const OID: u8 = 0x06;
const UTF8: u8 = 0x0c;
const TIME: u8 = 0x17;

/// An element of DER.
pub(super) fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let [.., high, low] = content.len().to_be_bytes();
    let length = match content.len() {
        0..=0x7f => vec![low],
        0x80..=0xff => vec![0x81, low],
        _ => vec![0x82, high, low],
    };
    [&[tag], &length[..], content].concat()
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    der(SEQUENCE, &parts.concat())
}

/// An extension: its identifier, whether it is critical, and its value.
pub(super) struct Extension(pub(super) &'static [u8], pub(super) bool, pub(super) Vec<u8>);

/// The parts of a certificate.
pub(super) struct Certificate {
    /// As encoded: 2 is version 3. None is version 1.
    pub(super) version: Option<u8>,
    pub(super) subject: Vec<([u8; 3], &'static str)>,
    pub(super) spki: Vec<u8>,
    pub(super) extensions: Vec<Extension>,
}

impl Certificate {
    /// One that is fit to vouch, for the key and the make of the authenticator in software.
    pub(super) fn of(key: &Key) -> Self {
        let subject =
            vec![(COUNTRY, "AA"), (ORGANIZATION, "Example"), (UNIT, "Authenticator Attestation"), (NAME, "Test")];
        let no_authority = Extension(BASIC_CONSTRAINTS, true, der(SEQUENCE, &[]));
        let make = Extension(MAKE, false, der(OCTET_STRING, &AAGUID));
        Self { version: Some(2), subject, spki: key.spki(), extensions: vec![no_authority, make] }
    }

    pub(super) fn der(&self) -> Vec<u8> {
        let ecdsa_with_sha256 = sequence(&[der(OID, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2])]);
        let name = |parts: &[([u8; 3], &str)]| {
            let part =
                |(oid, text): &([u8; 3], &str)| der(SET, &sequence(&[der(OID, oid), der(UTF8, text.as_bytes())]));
            sequence(&parts.iter().map(part).collect::<Vec<_>>())
        };
        let extension = |Extension(oid, critical, value): &Extension| {
            let flag = if *critical { der(0x01, &[0xff]) } else { vec![] };
            sequence(&[der(OID, oid), flag, der(OCTET_STRING, value)])
        };
        let extensions: Vec<Vec<u8>> = self.extensions.iter().map(extension).collect();
        let content = sequence(&[
            self.version.map(|version| der(0xa0, &der(INTEGER, &[version]))).unwrap_or_default(),
            der(INTEGER, &[0x4d]),
            ecdsa_with_sha256.clone(),
            name(&[(NAME, "Authority")]),
            sequence(&[der(TIME, b"240101000000Z"), der(TIME, b"490101000000Z")]),
            name(&self.subject),
            self.spki.clone(),
            if extensions.is_empty() { vec![] } else { der(0xa3, &sequence(&extensions)) },
        ]);
        let signature = key(99).sign_der(&content);
        sequence(&[content, ecdsa_with_sha256, der(BIT_STRING, &[&[0], &signature[..]].concat())])
    }
}
