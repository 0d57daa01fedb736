//! What a worker does beside sealed codes: a code in plain text, a passkey that is added, used and revoked, and a delegated
//! key from its first leg to its end.

use std::sync::Arc;

use countersign_client::operations::{
    ChallengeAuthCredential, ChallengeAuthCredentialInput, CreateAuthCredential, CreateAuthCredentialInput,
    CreateDelegatedKey, CreateDelegatedKeyInput, ListDelegatedKeys, ListDelegatedKeysInput, RevokeAuthCredential,
    RevokeAuthCredentialInput, RevokeDelegatedKey, RevokeDelegatedKeyInput, StampWithDelegatedKey,
    StampWithDelegatedKeyInput, VerifyAuthCredential, VerifyAuthCredentialInput, VerifyAuthCredentialOutcome,
};
use countersign_client::types::{
    AuthMethodId, ChallengeAuthCredentialResponse, DelegatedKey, DelegatedKeyId, DelegatedKeyStatus,
    PasskeyChallengeResponse,
};
use countersign_client::wallet::KeyPair;
use countersign_flow::retry::Operation;
use countersign_tests::authenticator::{Passkey, base64url};
use countersign_tests::wallet::CODE;
use serde_json::json;

use crate::legs::Effect;
use crate::line::Heard;
use crate::worker::{GONE, Held, USED, Worker};

/// A body as the type that is wanted.
macro_rules! body {
    ($members:tt) => {
        serde_json::from_value(json!($members)).expect("a body of the contract")
    };
}

impl Worker {
    /// A login by a code in plain text. It has no request to repeat: the same call again tells by its refusal that the
    /// first, of which nothing was heard, had opened its session.
    pub(crate) async fn plain_login(&mut self) -> Option<Held> {
        let account = Arc::clone(&self.account);
        let _alone = account.logging_in.lock().await;
        let _ = self.issue_code().await?;
        let key = KeyPair::generate();
        let hex = key.compressed_hex();
        let input = self.verify_input(&body!({"type": "EMAIL_OTP", "otp": CODE, "clientPublicKey": hex}));
        let _ = self.legs.ledger.open().plain.entry(hex.clone()).or_default();
        let mut is_repeated = false;
        loop {
            match self.legs.line.call::<VerifyAuthCredential>(&input).await {
                Heard::Done(VerifyAuthCredentialOutcome::Ok(opened)) => {
                    self.legs.ledger.tell_effect();
                    let mut ledger = self.legs.ledger.open();
                    ledger.plain.entry(hex.clone()).or_default().is_certain = true;
                    ledger.opened(&opened, Some(hex), None);
                    return Some(Held::new(&opened, key, None));
                }
                Heard::Done(VerifyAuthCredentialOutcome::ChallengeIssued(_)) => {
                    self.legs.ledger.open().complain("a code in plain text got a challenge".to_owned());
                    return None;
                }
                Heard::Refused(refused) if is_repeated && refused.is(401, "UNAUTHORIZED") => {
                    self.legs.ledger.open().plain.entry(hex).or_default().is_certain = true;
                    self.strays.push(Arc::new(key));
                    return None;
                }
                Heard::Refused(refused) => {
                    self.complain("a code in plain text", &refused);
                    return None;
                }
                Heard::Nothing { start } => {
                    is_repeated = true;
                    self.legs.wait_after(start).await;
                }
            }
        }
    }

    /// Adds a passkey, signs in with it, and revokes it, or leaves it.
    pub(crate) async fn use_passkey(&mut self, signer: &Held) {
        let (passkey, challenge) = (Passkey::default(), base64url([7; 32]));
        let attestation = passkey.attestation(&challenge, 0);
        let input = CreateAuthCredentialInput::new(body!({
            "type": "PASSKEY", "accountId": self.account.id, "nickname": "Phone", "attestation": attestation,
            "challenge": challenge,
        }));
        let asked = match self.legs.first::<CreateAuthCredential>(&input).await {
            Ok(asked) => asked,
            Err(refused) => return self.complain("the first leg of adding a passkey", &refused),
        };
        let copies = 1 + self.dice.below(2);
        let added = self.legs.seconds::<CreateAuthCredential>(copies, &input, &asked, &signer.key, &[USED]).await;
        // Of one whose answer was lost nobody knows the id; it stays.
        let Some(Effect::Made(id)) = added else { return };
        let id: AuthMethodId = id.parse().expect("an id");
        for count in 1..=2 {
            self.sign_in(&id, &passkey, count).await;
        }
        if self.dice.one_in(2) {
            let input = RevokeAuthCredentialInput::new(id.clone());
            match self.legs.first::<RevokeAuthCredential>(&input).await {
                Ok(asked) => {
                    let (copies, excuses) = (1 + self.dice.below(2), [USED, GONE]);
                    let legs = &self.legs;
                    let _ = legs.seconds::<RevokeAuthCredential>(copies, &input, &asked, &signer.key, &excuses).await;
                    // Nobody else revokes it: however it was refused, it is over.
                    let over = "a revocation of it was refused".to_owned();
                    self.legs.ledger.open().dead.entry(id.to_string()).or_insert(over);
                }
                Err(refused) => self.complain("the first leg of revoking a passkey", &refused),
            }
        }
    }

    /// Signs in with a passkey. The session is left to itself.
    async fn sign_in(&mut self, id: &AuthMethodId, passkey: &Passkey, count: u32) {
        let key = KeyPair::generate();
        let Some(asked) = self.ask_passkey(id, &key).await else { return };
        let assertion = passkey.assertion(asked.challenge.as_str(), count);
        let body = body!({"type": "PASSKEY", "assertion": assertion});
        let mut input = VerifyAuthCredentialInput::new(id.clone(), body);
        let request = asked.request_id.to_string();
        input.request_id = Some(request.clone());
        let copies = 1 + self.dice.below(2);
        let _ = self.legs.proven::<VerifyAuthCredential>(copies, &input, &request, &[USED]).await;
    }

    /// Asks for a passkey's challenge until one comes.
    async fn ask_passkey(&self, id: &AuthMethodId, key: &KeyPair) -> Option<PasskeyChallengeResponse> {
        let operation = Operation::VerifyPasskey;
        let mut input = ChallengeAuthCredentialInput::new(id.clone());
        input.body = Some(body!({"clientPublicKey": key.compressed_hex()}));
        loop {
            self.legs.ledger.open().first_leg_sent(operation, id.as_str());
            let heard = self.legs.line.call::<ChallengeAuthCredential>(&input).await;
            if let Heard::Nothing { start } = heard {
                self.legs.wait_after(start).await;
                continue;
            }
            let mut ledger = self.legs.ledger.open();
            ledger.first_leg_answered(operation, id.as_str());
            match heard {
                Heard::Done(ChallengeAuthCredentialResponse::Passkey(asked)) => {
                    let request = asked.request_id.to_string();
                    ledger.requested(operation, id.as_str(), &request, asked.challenge.as_str());
                    ledger.request(&request).key = Some(key.compressed_hex());
                    return Some(asked);
                }
                other => {
                    ledger.complain(format!("a passkey's challenge: {other:?}"));
                    return None;
                }
            }
        }
    }

    /// Makes a delegated key in three legs, stamps with it, and revokes it. Where answers were lost, the list tells what
    /// has become of it.
    pub(crate) async fn delegate(&mut self, signer: &Held) {
        let input = CreateDelegatedKeyInput::new(body!({"cardId": self.card, "nickname": "Settlement",
                                                     "internalAccountId": self.account.id}));
        let asked = match self.legs.first::<CreateDelegatedKey>(&input).await {
            Ok(asked) => asked,
            Err(refused) => return self.complain("the first leg of a delegated key", &refused),
        };
        let copies = 1 + self.dice.below(2);
        let noted = self.legs.seconds::<CreateDelegatedKey>(copies, &input, &asked, &signer.key, &[USED]).await;
        if let Some(Effect::Noted(next)) = noted {
            let copies = 1 + self.dice.below(2);
            let _ = self.legs.seconds::<CreateDelegatedKey>(copies, &input, &next, &signer.key, &[USED]).await;
        }
        let keys = self.delegated_keys().await;
        for key in keys.iter().filter(|key| key.status != DelegatedKeyStatus::Revoked) {
            if key.status == DelegatedKeyStatus::Active {
                self.stamp(&key.id).await;
            }
            self.revoke_key(&key.id, signer).await;
        }
    }

    /// The keys of the card.
    async fn delegated_keys(&self) -> Vec<DelegatedKey> {
        let input = ListDelegatedKeysInput { card_id: Some(self.card.clone()), ..ListDelegatedKeysInput::new() };
        loop {
            match self.legs.line.call::<ListDelegatedKeys>(&input).await {
                Heard::Done(list) => return list.data,
                Heard::Refused(refused) => {
                    self.complain("listing delegated keys", &refused);
                    return Vec::new();
                }
                Heard::Nothing { start } => self.legs.wait_after(start).await,
            }
        }
    }

    /// One stamp. What nobody heard of isn't repeated: it may have been noted.
    async fn stamp(&self, key: &DelegatedKeyId) {
        let input = StampWithDelegatedKeyInput::new(key.clone(), body!({"payloadToSign": "a payload"}));
        self.legs.ledger.open().stamps.entry(key.to_string()).or_default().sent += 1;
        match self.legs.line.call::<StampWithDelegatedKey>(&input).await {
            Heard::Done(_) => self.legs.ledger.open().stamps.entry(key.to_string()).or_default().answered += 1,
            Heard::Refused(refused) => self.complain("a stamp", &refused),
            Heard::Nothing { start } => self.legs.wait_after(start).await,
        }
    }

    async fn revoke_key(&mut self, key: &DelegatedKeyId, signer: &Held) {
        let input = RevokeDelegatedKeyInput::new(key.clone());
        let asked = match self.legs.first::<RevokeDelegatedKey>(&input).await {
            Ok(asked) => asked,
            Err(refused) => return self.complain("the first leg of revoking a delegated key", &refused),
        };
        let copies = 1 + self.dice.below(2);
        let _ = self.legs.seconds::<RevokeDelegatedKey>(copies, &input, &asked, &signer.key, &[USED]).await;
        let over = "a revocation of it was refused".to_owned();
        self.legs.ledger.open().dead.entry(key.to_string()).or_insert(over);
    }
}
