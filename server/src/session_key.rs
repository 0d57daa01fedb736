//! The key of a session that is about to be opened.

use countersign_flow::key::{ClientKeyMode, ClientPublicKey, PublicKey, SecretKey};
use countersign_flow::{FlowError, session_bundle};

use crate::clock::entropy;

/// The key that signs for a session, and its private half sealed to the client where the client asked for that.
pub(crate) struct SessionKey {
    pub(crate) public: PublicKey,
    /// `encryptedSessionSigningKey`. The private half is ours while it is made only, and is stored nowhere.
    pub(crate) sealed: Option<String>,
}

impl SessionKey {
    /// The client's own key, or one that is made and sealed to it: the form of `clientPublicKey` says which.
    pub(crate) fn of(client_key: &ClientPublicKey) -> Result<Self, FlowError> {
        match client_key.mode() {
            ClientKeyMode::ClientHeld => Ok(Self { public: *client_key.key(), sealed: None }),
            ClientKeyMode::Sealed => {
                let mut rng = entropy();
                let secret = SecretKey::generate(&mut rng);
                let sealed = session_bundle::seal_session_key(client_key.key(), &secret, &mut rng)?;
                Ok(Self { public: *secret.public(), sealed: Some(sealed) })
            }
        }
    }
}
