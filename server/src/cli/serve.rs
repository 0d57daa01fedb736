//! `countersign serve`

use std::io::Write as _;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use countersign_flow::sealing::MasterKeys;
use dropshot::{ConfigDropshot, HandlerTaskMode, HttpServer, ServerBuilder};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::audit::Sealer;
use crate::cli_login::site::Site;
use crate::clock::Clock;
use crate::config::{self, Config, Rules};
use crate::delivery::{Channels, Delivery, SandboxDelivery};
use crate::files::write_private;
use crate::oidc::Oidc;
use crate::sandbox::{Provisioned, Sandbox};
use crate::server::{Keys, Server};
use crate::store::connection::open_or_make;
use crate::store::{Location, Mode, Store, purge};
use crate::{cli_login, keys, log, sandbox, sandbox_page};

/// How long a stop waits for the last rows to be sealed.
const LAST_SEAL: Duration = Duration::from_secs(5);

/// Run the server
#[derive(Args)]
pub(crate) struct Serve {
    /// Try it: everything in --data-dir, codes are 000000, nothing is sent
    #[arg(long)]
    sandbox: bool,
    /// Let a sandbox listen on other than loopback addresses
    #[arg(long, requires = "sandbox")]
    sandbox_expose: bool,
    /// The sandbox's folder
    #[arg(long, value_name = "DIR", default_value = "countersign-data", requires = "sandbox")]
    data_dir: PathBuf,
    /// Address and port to listen on; port 0 takes a free one. Overrides server.listen
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// Once listening, write `BASE_URL`, and in a sandbox the credentials and ids, as shell assignments
    #[arg(long, value_name = "FILE")]
    print_env: Option<PathBuf>,
    /// The settings file (TOML)
    #[arg(long, value_name = "FILE", env = "COUNTERSIGN_CONFIG")]
    config: Option<PathBuf>,
}

impl Serve {
    pub(crate) fn run(&self) -> ExitCode {
        log::start();
        let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(cause) => {
                eprintln!("error: starting the runtime: {cause}");
                return ExitCode::from(2);
            }
        };
        match runtime.block_on(self.serve()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(cause) => {
                eprintln!("error: {cause:#}");
                ExitCode::from(2)
            }
        }
    }

    async fn serve(&self) -> Result<()> {
        let config = Config::load(self.config.as_deref(), config::environment())?;
        let wanted = if self.sandbox { Mode::Sandbox } else { Mode::Production };
        let rules = config.rules(wanted)?;
        let outside = (Site::new(&config.server)?, Oidc::new(&config.oidc, wanted)?);
        let delivery: Arc<dyn Delivery> = if self.sandbox {
            Arc::new(SandboxDelivery)
        } else {
            Arc::new(Channels::configure(&config.delivery, rules.otp.ttl, Clock)?)
        };
        let address = self.address(&config)?;
        let location = if self.sandbox {
            sandbox::prepare(&self.data_dir)?;
            sandbox::location(&self.data_dir, &config.database.url)?
        } else if config.database.url.is_empty() {
            bail!("no database: set database.url, or try `countersign serve --sandbox`")
        } else {
            Location::parse(&config.database.url)?
        };
        let master = if self.sandbox { sandbox::master_key(&self.data_dir)? } else { keys::master_key(&config.keys)? };
        open_or_make(&location, Some(wanted), Clock)?;

        let store = Store::open(&location, Clock, rules.database)?;
        let masters = MasterKeys::new(master);
        let keyring = keys::load(&store, &masters, rules.token_algorithm).await?;
        let provisioned =
            if self.sandbox { Some(Sandbox::new(&self.data_dir, &store).provision().await?) } else { None };
        let server = Server::new(store.clone(), rules, wanted, Keys::new(masters, keyring)?, delivery, outside);
        let quorum = server.quorum_public_key();
        let issuer = Arc::clone(&server.issuer);
        let sealer = Sealer::new(store.clone(), Arc::clone(&server.keys), rules.audit);

        // Before the port is bound: whoever sees it bound may ask for a stop.
        let stop = StopSignals::listen()?;
        let mut api = countersign_api::api_description::<Server>().context("registering the operations")?;
        cli_login::page::register(&mut api).context("registering the page of CLI login")?;
        if let Some(provisioned) = &provisioned {
            sandbox_page::register(&mut api, provisioned, &quorum).context("registering the page")?;
        }
        let dropshot = ServerBuilder::new(api, Arc::new(server), log::dropshot())
            .config(ConfigDropshot {
                bind_address: address,
                default_request_body_max_bytes: rules.body_limit,
                // A request whose caller hangs up runs to its end: a stored code must still be sent.
                default_handler_task_mode: HandlerTaskMode::Detached,
                ..ConfigDropshot::default()
            })
            .start()
            .map_err(|cause| anyhow::anyhow!("listening on {address}: {}", chain(&cause)))?;
        let bound = dropshot.local_addr();
        let base = format!("http://{bound}");
        let _ = issuer.set(config.issuer(&base));
        tokio::spawn(purge_forever(store, rules, Duration::from_secs(config.purge.interval_secs.max(1))));
        let (stop_sealing, stopping) = oneshot::channel();
        let sealing = tokio::spawn(sealer.run(stopping));
        if let Some(file) = &self.print_env {
            print_env(file, &base, provisioned.as_ref(), &quorum)?;
        }
        announce(bound, provisioned.as_ref(), &quorum)?;
        stop.wait().await;
        close(dropshot, Duration::from_secs(config.server.stop_secs)).await;
        // What the last requests did is sealed too, and stated: until the next start nobody else will.
        let _ = stop_sealing.send(());
        if tokio::time::timeout(LAST_SEAL, sealing).await.is_err() {
            tracing::warn!("stopped with rows of the audit log that are not sealed");
        }
        Ok(())
    }

    fn address(&self, config: &Config) -> Result<SocketAddr> {
        let text = self.listen.as_deref().unwrap_or(&config.server.listen);
        let address = text
            .to_socket_addrs()
            .with_context(|| format!("`{text}` is not an address and port"))?
            .next()
            .with_context(|| format!("`{text}` names no address"))?;
        if self.sandbox && !self.sandbox_expose && !address.ip().is_loopback() {
            bail!("a sandbox listens on loopback only, and {address} isn't: add --sandbox-expose if you mean it");
        }
        Ok(address)
    }
}

/// SIGTERM and SIGINT.
struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    fn listen() -> Result<Self> {
        let terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
        let interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
        Ok(Self { terminate, interrupt })
    }

    async fn wait(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Lets what is in flight finish. A server that was asked to stop has stopped well, whatever was left.
async fn close<C: dropshot::ServerContext>(server: HttpServer<C>, patience: Duration) {
    tracing::info!("stopping");
    match tokio::time::timeout(patience, server.close()).await {
        Ok(Ok(())) => tracing::info!("stopped"),
        Ok(Err(cause)) => tracing::warn!(cause, "stopped"),
        Err(_) => tracing::warn!("stopped with requests in flight"),
    }
}

/// Deletes what is over, round by round.
async fn purge_forever(store: Store, rules: Rules, interval: Duration) {
    loop {
        tokio::time::sleep(interval).await;
        let keep = purge::Keep {
            // A while after its end a late retry can still be told apart from a made-up one in the log.
            requests: rules.requests.ttl,
            wrong_codes: rules.otp.window,
            sessions: rules.sessions.lifetime_cap,
            attempts: rules.cli.kept,
        };
        loop {
            match store.purge(keep).await {
                Ok(0) => break,
                Ok(_) => tokio::task::yield_now().await,
                Err(cause) => {
                    tracing::warn!(%cause, "nothing was purged");
                    break;
                }
            }
        }
    }
}

/// Writes the environment of this server by rename, mode 0600.
fn print_env(file: &Path, base: &str, provisioned: Option<&Provisioned>, quorum: &str) -> Result<()> {
    let mut text = format!("BASE_URL={base}\nQUORUM_PUBLIC_KEY={quorum}\n");
    if let Some(Provisioned { client_id, client_secret, account_id, card_id, .. }) = provisioned {
        text += &format!(
            "CLIENT_ID={client_id}\nCLIENT_SECRET={client_secret}\nACCOUNT_ID={account_id}\nCARD_ID={card_id}\n"
        );
    }
    if let Some(tokens) = provisioned.and_then(|provisioned| provisioned.tokens.as_ref()) {
        text += &tokens.environment();
    }
    if let Some(project) = provisioned.and_then(|provisioned| provisioned.project.as_ref()) {
        text += &format!(
            "PROJECT_ID={}\nPUBLISHABLE_CLIENT_KEY={}\nSECRET_SERVER_KEY={}\n\
             OTHER_PROJECT_ID={}\nOTHER_SECRET_SERVER_KEY={}\n",
            project.id,
            project.publishable_client_key,
            project.secret_server_key,
            project.other_id,
            project.other_secret_server_key,
        );
    }
    write_private(file, &text)
}

/// Tells on standard output where the server is and, in a sandbox, how to try it.
fn announce(bound: SocketAddr, provisioned: Option<&Provisioned>, quorum: &str) -> Result<()> {
    let base = format!("http://{bound}");
    let mut text = format!("\nCountersign listens on {base}\n\n  quorum key     {quorum}\n");
    if let Some(provisioned) = provisioned {
        let Provisioned { client_id, client_secret, account_id, card_id, .. } = provisioned;
        let page = sandbox_page::link(bound.port(), provisioned);
        text += &format!(
            "  client id      {client_id}
  client secret  {client_secret}
  account        {account_id}
  card           {card_id}

Every code is 000000. Try it:

  curl -s -u {client_id}:{client_secret} '{base}/auth/credentials?accountId={account_id}'

or in a browser, where the link brings the credentials along:

  {page}\n"
        );
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).context("writing to standard output")
}

fn chain(cause: &dyn std::error::Error) -> String {
    let mut text = cause.to_string();
    let mut source = cause.source();
    while let Some(cause) = source {
        text += &format!(": {cause}");
        source = cause.source();
    }
    text
}
