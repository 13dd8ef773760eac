//! All rules on one flow, and their shares over many.

use super::{
    flow::Flow,
    rules::{clear_text, firewall, ndpi, tstat},
};

/// What each rule says of one flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Tstat calls it MSE.
    pub(crate) tstat: bool,
    /// The firewall rules let it through.
    pub(crate) exempt: bool,
    /// nDPI gives it the risk "fully encrypted flow".
    pub(crate) fully_encrypted: bool,
    /// Plaintext BitTorrent shows.
    pub(crate) bittorrent: bool,
}

impl Verdict {
    /// Asks every rule.
    pub(crate) fn of(flow: &Flow) -> Self {
        Self {
            tstat: tstat::is_mse(flow),
            exempt: firewall::exempts(flow),
            fully_encrypted: ndpi::fully_encrypted(flow),
            bittorrent: clear_text::shows_bittorrent(flow),
        }
    }
}

/// How many of the judged flows each rule spoke up for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shares {
    /// Flows judged.
    pub(crate) flows: usize,
    /// Called MSE by Tstat.
    pub(crate) tstat: usize,
    /// Let through by the firewall rules.
    pub(crate) exempt: usize,
    /// Let through, by the exemption, in the order of [`firewall::Exemption::ALL`]; one flow may count under several.
    pub(crate) exempt_by: [usize; 5],
    /// Given the risk "fully encrypted flow" by nDPI.
    pub(crate) fully_encrypted: usize,
    /// Plaintext BitTorrent seen.
    pub(crate) bittorrent: usize,
}

impl Shares {
    /// Judges the flows.
    pub(crate) fn of<'a>(flows: impl IntoIterator<Item = &'a Flow>) -> Self {
        let mut shares = Self::default();
        flows.into_iter().for_each(|flow| shares.add(flow));
        shares
    }

    /// Judges one more flow.
    pub(crate) fn add(&mut self, flow: &Flow) {
        let verdict = Verdict::of(flow);
        self.flows += 1;
        self.tstat += usize::from(verdict.tstat);
        self.exempt += usize::from(verdict.exempt);
        self.fully_encrypted += usize::from(verdict.fully_encrypted);
        self.bittorrent += usize::from(verdict.bittorrent);
        let Some(payload) = flow.first_client_payload() else {
            return;
        };
        for (count, exemption) in self.exempt_by.iter_mut().zip(firewall::Exemption::ALL) {
            *count += usize::from(exemption.holds(payload));
        }
    }

    /// A count of these flows in per cent.
    pub(crate) fn percent(&self, count: usize) -> f64 {
        100.0 * count as f64 / self.flows.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::Shares;
    use crate::observer::{
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
        assert_eq!((shares.fully_encrypted, shares.bittorrent), (1, 1));
        // Zeros; the request; request and handshake twice, for the text in both; the request.
        assert_eq!(shares.exempt_by, [1, 1, 2, 2, 1]);
        assert_eq!(shares.percent(shares.tstat), 25.0);
    }
}
