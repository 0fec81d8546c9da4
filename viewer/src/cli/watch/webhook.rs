//! Posts alerts as Alertmanager takes them, and tries again for a while.

use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

use super::teller::Teller;
use crate::connect::Backoff;

/// How long one attempt may take.
const LIMIT: Duration = Duration::from_secs(10);
/// How often it is tried.
const ATTEMPTS: u32 = 5;

pub(super) fn start(url: &str) -> anyhow::Result<Teller> {
    let uri: ureq::http::Uri = url.parse().with_context(|| format!("--webhook {url}"))?;
    let known = matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some();
    anyhow::ensure!(known, "--webhook {url}: write http://HOST:PORT/PATH, or https://");
    // The certificates that the system trusts, those of a company with it.
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    let config = Agent::config_builder().tls_config(tls).timeout_global(Some(LIMIT)).build();
    let agent = Agent::new_with_config(config);
    let teller = Teller::start("webhook", move |changes| {
        let alerts = changes.iter().map(|change| change.alert.alertmanager());
        let body = Value::Array(alerts.collect()).to_string();
        post(&agent, &uri, &body)
    });
    teller.context("cannot start a thread")
}

fn post(agent: &Agent, uri: &ureq::http::Uri, body: &str) -> Result<(), String> {
    let mut backoff = Backoff::new(u64::from(std::process::id()));
    for attempt in 1.. {
        let request = agent.post(uri).header("content-type", "application/json");
        let Err(error) = request.send(body) else { return Ok(()) };
        // What was refused is refused again.
        let refused = matches!(error, ureq::Error::StatusCode(400..=428 | 430..=499));
        if refused || attempt >= ATTEMPTS {
            return Err(format!("{uri} after {attempt} attempts: {error}"));
        }
        thread::sleep(backoff.pause());
    }
    Ok(())
}
