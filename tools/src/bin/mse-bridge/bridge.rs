//! One connection through the bridge.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mse_tools::cli::Address;
use mse_tools::text::chain;
use tokio::net::TcpStream;
use tracing::debug;

use crate::inbound::{Arrival, Inbound};
use crate::outbound::Outbound;
use crate::relay::relay;
use crate::report::{Report, mode};
use crate::totals::Totals;

pub(crate) struct Bridge {
    pub(crate) inbound: Inbound,
    pub(crate) outbound: Outbound,
    pub(crate) target: Address,
    pub(crate) half_open: Duration,
    pub(crate) totals: Arc<Totals>,
}

impl Bridge {
    /// Forwards one connection, and reports the outcome in one line.
    pub(crate) async fn serve(&self, tcp: TcpStream, from: SocketAddr, report: &Report) {
        self.totals.came();
        let arrival = match self.inbound.receive(tcp).await {
            Ok(arrival) => arrival,
            Err((label, error)) => {
                self.totals.failed("inbound", label);
                return report.line(format!("{from} inbound failed: {error}"));
            }
        };
        let Arrival {
            client,
            skey,
            opening,
        } = arrival;
        let inbound = mode(client.negotiated());
        let peer = match self.outbound.dial(&self.target, None, skey, opening).await {
            Ok(peer) => peer,
            Err(error) => {
                self.totals.failed("outbound", error.label());
                return report.line(format!(
                    "{from} inbound: {inbound} | outbound failed: {}",
                    chain(&error)
                ));
            }
        };
        let outbound = mode(peer.negotiated());
        report.line(format!("{from} inbound: {inbound} | outbound: {outbound}"));
        let (inbound, outbound) = (client.negotiated().mode(), peer.negotiated().mode());
        let traffic = self
            .totals
            .forwarded(format!("inbound {inbound}, outbound {outbound}"));
        match relay(client, peer, self.half_open, &traffic).await {
            Ok((sent, received)) => debug!(%from, sent, received, "closed"),
            Err(error) => debug!(%from, %error, "lost"),
        }
    }
}
