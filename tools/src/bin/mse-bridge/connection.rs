//! One connection through the bridge, from end to end.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpStream;
use tracing::debug;

use crate::cli::address::Address;
use crate::cli::chain::chain;
use crate::cli::mode::mode;
use crate::cli::report::Report;
use crate::inbound::{Arrival, Inbound};
use crate::outbound::Outbound;
use crate::relay::relay;
use crate::totals::Totals;

pub(crate) struct Bridge {
    pub(crate) inbound: Inbound,
    pub(crate) outbound: Outbound,
    pub(crate) target: Address,
    pub(crate) totals: Arc<Totals>,
}

impl Bridge {
    /// Leads one client to the other side. Says in one line what came of it.
    pub(crate) async fn serve(&self, tcp: TcpStream, from: SocketAddr, report: &Report) {
        self.totals.came();
        let arrival = match self.inbound.receive(tcp).await {
            Ok(arrival) => arrival,
            Err(error) => {
                self.totals.failed();
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
                self.totals.failed();
                return report.line(format!(
                    "{from} inbound: {inbound} | outbound failed: {}",
                    chain(&error)
                ));
            }
        };
        let outbound = mode(peer.negotiated());
        report.line(format!("{from} inbound: {inbound} | outbound: {outbound}"));
        match relay(client, peer, &self.totals).await {
            Ok((there, back)) => debug!(%from, there, back, "closed"),
            Err(error) => debug!(%from, %error, "lost"),
        }
    }
}
