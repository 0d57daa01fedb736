//! An authenticator in software and the browser before it. Every part of what they send can be changed before it is sent.

use std::sync::OnceLock;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use coset::cbor::value::Value as Cbor;
use countersign_flow::FlowError;
use countersign_flow::key::SecretKey;
use countersign_flow::payload::digest;
use countersign_flow::webauthn::{
    Algorithm, Assertion, AssertionFault, AssertionResponse, Passkey, Registration, RegistrationFault,
    RegistrationResponse, RelyingParty,
};
use serde_json::{Value, json};
use x509_cert::der::Decode;
use x509_cert::der::asn1::Uint;

use super::certificate::Certificate;
use super::{ORIGIN, PARTY};
use crate::key;

pub(super) const USER_PRESENT: u8 = 0x01;
pub(super) const BACKUP_ELIGIBLE: u8 = 0x08;
pub(super) const BACKED_UP: u8 = 0x10;
pub(super) const ATTESTED: u8 = 0x40;
pub(super) const EXTENSIONS: u8 = 0x80;

pub(super) const AAGUID: [u8; 16] = [0xa5; 16];

pub(super) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn cbor(value: &Cbor) -> Vec<u8> {
    let mut bytes = Vec::new();
    coset::cbor::ser::into_writer(value, &mut bytes).unwrap();
    bytes
}

pub(super) fn map<const N: usize>(members: [(Cbor, Cbor); N]) -> Cbor {
    Cbor::Map(members.into())
}

/// A key pair of one of the three algorithms.
pub(super) enum Key {
    Es256(SecretKey),
    EdDsa(Ed25519KeyPair),
    Rs256(&'static RsaKeyPair),
}

impl Key {
    pub(super) fn of(algorithm: Algorithm, seed: u8) -> Self {
        // Takes a while to make, so one serves all.
        static RSA: OnceLock<RsaKeyPair> = OnceLock::new();
        match algorithm {
            Algorithm::Es256 => Self::Es256(key(seed)),
            Algorithm::EdDsa => Self::EdDsa(Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()),
            Algorithm::Rs256 => Self::Rs256(RSA.get_or_init(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap())),
        }
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        match self {
            Self::Es256(_) => Algorithm::Es256,
            Self::EdDsa(_) => Algorithm::EdDsa,
            Self::Rs256(_) => Algorithm::Rs256,
        }
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Es256(key) => key.sign_der(message),
            Self::EdDsa(key) => key.sign(message).as_ref().to_vec(),
            Self::Rs256(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
                signature
            }
        }
    }

    /// The members of the `COSE_Key`, in the order in which authenticators write them.
    pub(super) fn cose(&self) -> Vec<(Cbor, Cbor)> {
        let member = |label: i64, value: Cbor| (Cbor::from(label), value);
        let kind = |kty: i64| [member(1, kty.into()), member(3, self.algorithm().id().into())];
        match self {
            Self::Es256(key) => {
                let sec1 = key.public().sec1_uncompressed();
                let point = [member(-1, 1.into()), member(-2, sec1[1..33].into()), member(-3, sec1[33..].into())];
                [&kind(2)[..], &point].concat()
            }
            Self::EdDsa(key) => {
                let point = [member(-1, 6.into()), member(-2, key.public_key().as_ref().into())];
                [&kind(1)[..], &point].concat()
            }
            Self::Rs256(key) => {
                // A sequence of two numbers: modulus and exponent.
                let numbers = Vec::<Uint>::from_der(key.public_key().as_ref()).unwrap();
                let [n, e] = [0, 1].map(|at| numbers[at].as_bytes());
                [&kind(3)[..], &[member(-1, n.into()), member(-2, e.into())]].concat()
            }
        }
    }

    /// The `SubjectPublicKeyInfo`.
    pub(super) fn spki(&self) -> Vec<u8> {
        let prefixed = |prefix: &str, key: &[u8]| [&hex::decode(prefix).unwrap(), key].concat();
        match self {
            Self::Es256(key) => {
                prefixed("3059301306072a8648ce3d020106082a8648ce3d030107034200", key.public().sec1_uncompressed())
            }
            Self::EdDsa(key) => prefixed("302a300506032b6570032100", key.public_key().as_ref()),
            Self::Rs256(key) => AsDer::<PublicKeyX509Der<'_>>::as_der(key.public_key()).unwrap().as_ref().to_vec(),
        }
    }
}

/// The parts of authenticator data.
pub(super) struct Data {
    pub(super) party: String,
    pub(super) flags: u8,
    pub(super) sign_count: u32,
    pub(super) aaguid: [u8; 16],
    /// Id and key; written if `flags` say so.
    pub(super) id: Vec<u8>,
    pub(super) cose: Cbor,
    /// Written after all else.
    pub(super) extensions: Vec<u8>,
}

impl Data {
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = digest(self.party.as_bytes()).to_vec();
        bytes.push(self.flags);
        bytes.extend(self.sign_count.to_be_bytes());
        if self.flags & ATTESTED != 0 {
            bytes.extend(self.aaguid);
            bytes.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
            bytes.extend(&self.id);
            bytes.extend(cbor(&self.cose));
        }
        bytes.extend(&self.extensions);
        bytes
    }
}

/// Who signs the statement.
pub(super) enum Attestation {
    None,
    /// `packed`, by the credential's own key.
    Own,
    /// `packed`, by the key of a certificate.
    Certified(Box<Key>, Certificate),
}

/// A registration that is under way.
pub(super) struct Registering {
    pub(super) key: Key,
    pub(super) challenge: String,
    pub(super) client_data: Value,
    pub(super) data: Data,
    pub(super) attestation: Attestation,
}

impl Registering {
    pub(super) fn new(algorithm: Algorithm, attestation: Attestation) -> Self {
        let key = Key::of(algorithm, 1);
        let challenge = base64url([7; 32]);
        let data = Data {
            party: PARTY.to_owned(),
            flags: USER_PRESENT | ATTESTED,
            sign_count: 5,
            aaguid: AAGUID,
            id: b"a credential of 32 bytes or less".to_vec(),
            cose: Cbor::Map(key.cose()),
            extensions: vec![],
        };
        let client_data = json!({
            "type": "webauthn.create", "challenge": challenge, "origin": ORIGIN, "crossOrigin": false,
        });
        Self { key, challenge, client_data, data, attestation }
    }

    /// What the browser returns.
    pub(super) fn made(self) -> Made {
        let client_data = self.client_data.to_string().into_bytes();
        let data = self.data.bytes();
        let signed = [&data[..], &digest(&client_data)].concat();
        let member = |name: &str, value: Cbor| (Cbor::from(name), value);
        let packed =
            |key: &Key| vec![member("alg", key.algorithm().id().into()), member("sig", key.sign(&signed).into())];
        let (format, statement) = match &self.attestation {
            Attestation::None => ("none", vec![]),
            Attestation::Own => ("packed", packed(&self.key)),
            Attestation::Certified(key, certificate) => {
                let chain = Cbor::Array(vec![certificate.der().into()]);
                ("packed", [&packed(key)[..], &[member("x5c", chain)]].concat())
            }
        };
        let object = vec![
            member("fmt", format.into()),
            member("attStmt", Cbor::Map(statement)),
            member("authData", data.into()),
        ];
        Made { challenge: self.challenge, id: base64url(&self.data.id), client_data, object, transports: vec![] }
    }

    pub(super) fn judged(self) -> Result<Registration, RegistrationFault> {
        self.made().judged()
    }
}

/// What a browser returned from a registration.
pub(super) struct Made {
    pub(super) challenge: String,
    pub(super) id: String,
    pub(super) client_data: Vec<u8>,
    pub(super) object: Vec<(Cbor, Cbor)>,
    pub(super) transports: Vec<String>,
}

impl Made {
    pub(super) fn member(&mut self, name: &str) -> &mut Cbor {
        &mut self.object.iter_mut().find(|(key, _)| key.as_text() == Some(name)).unwrap().1
    }

    pub(super) fn statement(&mut self) -> &mut Vec<(Cbor, Cbor)> {
        self.member("attStmt").as_map_mut().unwrap()
    }

    pub(super) fn object_bytes(&self) -> Vec<u8> {
        cbor(&Cbor::Map(self.object.clone()))
    }

    pub(super) fn judged(&self) -> Result<Registration, RegistrationFault> {
        self.judged_with(&super::party(), &base64url(&self.client_data), &base64url(self.object_bytes()))
    }

    pub(super) fn judged_with(
        &self,
        party: &RelyingParty,
        client_data_json: &str,
        attestation_object: &str,
    ) -> Result<Registration, RegistrationFault> {
        let response = RegistrationResponse {
            credential_id: &self.id,
            client_data_json,
            attestation_object,
            transports: &self.transports,
        };
        party.register(&self.challenge, &response).map_err(|refused| match refused {
            FlowError::RegistrationRefused(fault) => fault,
            other => panic!("{other}"),
        })
    }
}

/// An assertion that is under way.
pub(super) struct Asserting {
    pub(super) key: Key,
    pub(super) id: String,
    pub(super) client_data: Value,
    pub(super) data: Data,
}

impl Asserting {
    /// By the passkey that [`Registering::new`] makes.
    pub(super) fn new(algorithm: Algorithm, payload: &[u8]) -> Self {
        let made = Registering::new(algorithm, Attestation::None);
        let client_data = json!({
            "type": "webauthn.get",
            "challenge": base64url(hex::encode(digest(payload))),
            "origin": ORIGIN,
            "crossOrigin": false,
        });
        let data = Data { flags: USER_PRESENT, sign_count: 6, ..made.data };
        Self { key: made.key, id: base64url(&data.id), client_data, data }
    }

    /// What the browser returns.
    pub(super) fn signed(self) -> Signed {
        let (client_data, data) = (self.client_data.to_string().into_bytes(), self.data.bytes());
        let signature = self.key.sign(&[&data[..], &digest(&client_data)].concat());
        Signed { id: self.id, client_data, data, signature }
    }
}

/// What a browser returned from an assertion.
pub(super) struct Signed {
    pub(super) id: String,
    pub(super) client_data: Vec<u8>,
    pub(super) data: Vec<u8>,
    pub(super) signature: Vec<u8>,
}

impl Signed {
    pub(super) fn judged(&self, passkey: &Passkey, payload: &[u8]) -> Result<Assertion, AssertionFault> {
        self.judged_by(&super::party(), passkey, payload)
    }

    pub(super) fn judged_by(
        &self,
        party: &RelyingParty,
        passkey: &Passkey,
        payload: &[u8],
    ) -> Result<Assertion, AssertionFault> {
        judged_text(
            party,
            passkey,
            payload,
            &AssertionResponse {
                credential_id: &self.id,
                client_data_json: &base64url(&self.client_data),
                authenticator_data: &base64url(&self.data),
                signature: &base64url(&self.signature),
            },
        )
    }
}

pub(super) fn judged_text(
    party: &RelyingParty,
    passkey: &Passkey,
    payload: &[u8],
    response: &AssertionResponse<'_>,
) -> Result<Assertion, AssertionFault> {
    party.authenticate(passkey, payload, response).map_err(|refused| match refused {
        FlowError::AssertionRefused(fault) => fault,
        other => panic!("{other}"),
    })
}
