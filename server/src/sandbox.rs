//! `serve --sandbox`: a deployment in one folder, with something in it to try.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use countersign_flow::id::{AuthMethodId, CardFundingSourceId, CardId, CustomerId, InternalAccountId, PlatformId};
use countersign_flow::sealing::MasterKey;
use serde::{Deserialize, Serialize};

use crate::cli_login::ProjectKeys;
use crate::clock::{Clock, entropy, random_uuid};
use crate::files::{lock, write_private};
use crate::keys;
use crate::sandbox_tokens::ProvisionedTokens;
use crate::store::accounts::{NewAccount, NewCustomer};
use crate::store::cards::{FundingSource, NewCard};
use crate::store::connection::refuse_loose_mode;
use crate::store::platform_settings::Capability;
use crate::store::platforms::Platform;
use crate::store::{Location, Store};

/// The database's file in the folder.
pub const DATABASE: &str = "countersign.db";
/// Held by a start that fills the sandbox.
const LOCK: &str = "sandbox.lock";
const MASTER_KEY: &str = "master.key";
const CREDENTIALS: &str = "sandbox.json";

/// The customer's email address and telephone number. Nothing is ever sent to them.
const EMAIL: &str = "jane@example.com";
const PHONE_NUMBER: &str = "+12025550123";

/// What a sandbox starts with: one platform, one customer with an email address, its account and a card.
#[derive(Clone, Serialize, Deserialize)]
pub struct Provisioned {
    /// The user part of the Basic credentials.
    pub client_id: String,
    /// The password part. A sandbox's secrets are worth nothing, so this one is kept.
    pub client_secret: String,
    /// The customer.
    pub customer_id: String,
    /// Its wallet account.
    pub account_id: String,
    /// Its card.
    pub card_id: String,
    /// What service tokens are tried with. A folder of an earlier version has none yet.
    #[serde(default)]
    pub tokens: Option<ProvisionedTokens>,
    /// The platform as a project of CLI login, and another one beside it. A folder of an earlier version has none yet.
    #[serde(default)]
    pub project: Option<ProvisionedProject>,
}

/// What CLI login is tried with.
#[derive(Clone, Serialize, Deserialize)]
pub struct ProvisionedProject {
    /// The platform's id.
    pub id: String,
    /// What programs call with.
    pub publishable_client_key: String,
    /// What servers call with.
    pub secret_server_key: String,
    /// The id of another platform, to try what it may not see.
    pub other_id: String,
    /// What the other's servers call with.
    pub other_secret_server_key: String,
}

/// Makes the folder, mode 0700, and its master key.
///
/// # Errors
/// The folder or the key can't be made.
pub fn prepare(folder: &Path) -> Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("making {}", folder.display()))?;
    keys::make_master_key(&folder.join(MASTER_KEY))
}

/// Where the sandbox's database is: in the folder, unless a URL is set.
///
/// # Errors
/// The URL isn't one.
pub fn location(folder: &Path, url: &str) -> Result<Location> {
    if url.is_empty() { Ok(Location::Sqlite(folder.join(DATABASE))) } else { Location::parse(url) }
}

/// The sandbox's master key.
///
/// # Errors
/// The file can't be read, or others may read it.
pub fn master_key(folder: &Path) -> Result<MasterKey> {
    keys::read_master_key(&folder.join(MASTER_KEY))
}

/// A sandbox's folder and database.
pub struct Sandbox<'a> {
    file: PathBuf,
    lock: PathBuf,
    store: &'a Store,
}

impl<'a> Sandbox<'a> {
    /// The sandbox in `folder`.
    #[must_use]
    pub fn new(folder: &Path, store: &'a Store) -> Self {
        Self { file: folder.join(CREDENTIALS), lock: folder.join(LOCK), store }
    }

    /// What the sandbox starts with: made at the first start, read back at later ones.
    ///
    /// # Errors
    /// The file or the database can't be written, or don't belong together.
    pub async fn provision(&self) -> Result<Provisioned> {
        // Of two first starts in one folder, the second finds what the first has made.
        let _lock = lock(&self.lock)?;
        if self.file.exists() {
            let mut kept = self.read()?;
            // The database may have been deleted by hand, and the file with the credentials left.
            if let Some(platform) = self.store.platform_of_client(kept.client_id.clone()).await? {
                self.equip(platform.id).await?;
                if kept.project.is_none() || kept.tokens.is_none() {
                    let (project, tokens) = self.make_doors(platform.id).await?;
                    (kept.project, kept.tokens) = (Some(project), Some(tokens));
                    self.write(&kept)?;
                }
                return Ok(kept);
            }
        }
        let made = self.make().await?;
        self.write(&made)?;
        Ok(made)
    }

    /// Lets the platform try all there is. Also at later starts: the folder may be of an earlier version.
    async fn equip(&self, platform: PlatformId) -> Result<()> {
        Ok(self.store.set_capability(platform, Capability::DelegatedStamp, true).await?)
    }

    /// What CLI login and service tokens are tried with, and another platform beside, with its own.
    async fn make_doors(&self, platform: PlatformId) -> Result<(ProvisionedProject, ProvisionedTokens)> {
        let (other, _) = Platform::mint("Another sandbox", Clock.now(), &mut entropy());
        let other = self.store.add_platform(other).await?;
        let (keys, others) = (ProjectKeys::mint(), ProjectKeys::mint());
        keys.give(self.store, platform).await?;
        others.give(self.store, other.id).await?;
        let project = ProvisionedProject {
            id: platform.to_string(),
            publishable_client_key: keys.publishable.as_str().to_owned(),
            secret_server_key: keys.server.as_str().to_owned(),
            other_id: other.id.to_string(),
            other_secret_server_key: others.server.as_str().to_owned(),
        };
        Ok((project, ProvisionedTokens::make(self.store, platform, other.id).await?))
    }

    fn read(&self) -> Result<Provisioned> {
        refuse_loose_mode(&self.file)?;
        let text = fs::read_to_string(&self.file).with_context(|| format!("reading {}", self.file.display()))?;
        serde_json::from_str(&text)
            .with_context(|| format!("{} is not what a sandbox wrote: delete it", self.file.display()))
    }

    fn write(&self, provisioned: &Provisioned) -> Result<()> {
        write_private(&self.file, &(serde_json::to_string_pretty(provisioned)? + "\n"))
    }

    async fn make(&self) -> Result<Provisioned> {
        let (now, mut rng) = (Clock.now(), entropy());
        let (platform, secret) = Platform::mint("Sandbox", now, &mut rng);
        let platform = self.store.add_platform(platform).await?;
        self.equip(platform.id).await?;
        let customer = CustomerId::mint(now, &mut rng);
        let account = NewAccount {
            id: InternalAccountId::mint(now, &mut rng),
            organization_id: random_uuid(),
            user_id: random_uuid(),
        };
        let members = serde_json::json!({
            "customerType": "INDIVIDUAL", "fullName": "Jane Doe", "email": EMAIL, "phoneNumber": PHONE_NUMBER,
        });
        self.store
            .add_customer(NewCustomer {
                id: customer,
                platform: platform.id,
                customer_type: "INDIVIDUAL".to_owned(),
                platform_customer_id: None,
                members: members.to_string(),
                account,
                email: Some((AuthMethodId::mint(now, &mut rng), EMAIL.to_owned())),
            })
            .await?;
        let card = CardId::mint(now, &mut rng);
        let source = FundingSource { id: CardFundingSourceId::mint(now, &mut rng), account: account.id };
        let form = "VIRTUAL".to_owned();
        self.store.add_card(NewCard { id: card, platform: platform.id, customer, form, sources: vec![source] }).await?;
        let (project, tokens) = self.make_doors(platform.id).await?;
        Ok(Provisioned {
            client_id: platform.client_id,
            client_secret: secret.as_str().to_owned(),
            customer_id: customer.to_string(),
            account_id: account.id.to_string(),
            card_id: card.to_string(),
            project: Some(project),
            tokens: Some(tokens),
        })
    }
}
