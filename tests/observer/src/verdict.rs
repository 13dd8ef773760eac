//! All rules on one flow, and their shares over many.

use super::{
    flow::Flow,
    rules::{
        bursts, clear_text, firewall,
        ndpi::{self, Finding, Heuristic},
        tstat,
    },
};

/// What each rule says of one flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Tstat calls it MSE.
    pub tstat: bool,
    /// The firewall rules let it through.
    pub exempt: bool,
    /// The three bursts have the sizes of MSE, and it does not begin like TLS.
    pub bursts: bool,
    /// What nDPI 5.0 says as it comes, its heuristic for fully encrypted flows off.
    pub ndpi_off: Option<Finding>,
    /// What nDPI says with that heuristic on.
    pub ndpi_on: Option<Finding>,
    /// Plaintext BitTorrent shows.
    pub bittorrent: bool,
}

impl Verdict {
    /// Asks every rule.
    pub fn of(flow: &Flow) -> Self {
        Self {
            tstat: tstat::is_mse(flow),
            exempt: firewall::exempts(flow),
            bursts: bursts::is_mse(flow),
            ndpi_off: ndpi::finding(flow, Heuristic::Off),
            ndpi_on: ndpi::finding(flow, Heuristic::On),
            bittorrent: clear_text::shows_bittorrent(flow),
        }
    }
}

/// How many of the judged flows each rule spoke up for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    /// Flows judged.
    pub flows: usize,
    /// Called MSE by Tstat.
    pub tstat: usize,
    /// Let through by the firewall rules.
    pub exempt: usize,
    /// Let through, by the exemption, in the order of [`firewall::Exemption::ALL`]; one flow may count under several.
    pub exempt_by: [usize; 5],
    /// Called MSE by the rule of three bursts.
    pub bursts: usize,
    /// Given the risk "suspicious entropy" by nDPI with its heuristic off.
    pub suspicious_entropy: usize,
    /// Given the risk "obfuscated traffic" by nDPI with its heuristic on.
    pub obfuscated: usize,
    /// Plaintext BitTorrent seen.
    pub bittorrent: usize,
}

impl Shares {
    /// Judges the flows.
    pub fn of<'a>(flows: impl IntoIterator<Item = &'a Flow>) -> Self {
        let mut shares = Self::default();
        flows.into_iter().for_each(|flow| shares.add(flow));
        shares
    }

    /// Judges one more flow.
    pub fn add(&mut self, flow: &Flow) {
        let verdict = Verdict::of(flow);
        self.flows += 1;
        self.tstat += usize::from(verdict.tstat);
        self.exempt += usize::from(verdict.exempt);
        self.bursts += usize::from(verdict.bursts);
        self.suspicious_entropy += usize::from(verdict.ndpi_off == Some(Finding::SuspiciousEntropy));
        self.obfuscated += usize::from(verdict.ndpi_on == Some(Finding::ObfuscatedTraffic));
        self.bittorrent += usize::from(verdict.bittorrent);
        let Some(payload) = flow.first_client_payload() else {
            return;
        };
        for (count, exemption) in self.exempt_by.iter_mut().zip(firewall::Exemption::ALL) {
            *count += usize::from(exemption.holds(payload));
        }
    }

    /// A count of these flows in per cent.
    pub fn percent(&self, count: usize) -> f64 {
        100.0 * count as f64 / self.flows.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::Shares;
    use crate::{
        flow::{Flow, Side::Initiator},
        openings,
    };

    #[test]
    fn the_shares_count_each_rule_on_its_own() {
        let shares = Shares::of(&[
            openings::ordinary_mse(1),
            Flow::of([(Initiator, openings::bittorrent_handshake(1))]),
            Flow::of([(Initiator, openings::http_get())]),
            Flow::of([(Initiator, vec![0; 96])]),
        ]);
        assert_eq!((shares.flows, shares.tstat, shares.exempt), (4, 1, 3));
        assert_eq!((shares.bursts, shares.bittorrent), (1, 1));
        assert_eq!((shares.suspicious_entropy, shares.obfuscated), (1, 1));
        // Zeros; the request; request and handshake twice, for the text in both; the request.
        assert_eq!(shares.exempt_by, [1, 1, 2, 2, 1]);
        assert_eq!(shares.percent(shares.tstat), 25.0);
    }
}
