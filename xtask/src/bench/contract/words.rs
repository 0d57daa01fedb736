//! The vocabulary of the interface: what it is about, and in which words.

/// A chapter of the interface: its folder, its tag, and what the tag says.
pub(crate) struct Area {
    pub(crate) folder: &'static str,
    pub(crate) tag: &'static str,
    pub(crate) description: &'static str,
    /// Things of this area, in singular and plural.
    nouns: [(&'static str, &'static str); 6],
}

pub(crate) const AREAS: [Area; 8] = [
    Area {
        folder: "payments",
        tag: "Payments",
        description: "Money that leaves a wallet, and what becomes of it on its way.",
        nouns: [
            ("Payout", "Payouts"),
            ("Payment", "Payments"),
            ("Quote", "Quotes"),
            ("Refund", "Refunds"),
            ("Batch", "Batches"),
            ("Beneficiary", "Beneficiaries"),
        ],
    },
    Area {
        folder: "accounts",
        tag: "Accounts",
        description: "Wallets, the bank accounts that are linked to them, and what they hold.",
        nouns: [
            ("Account", "Accounts"),
            ("Balance", "Balances"),
            ("Deposit", "Deposits"),
            ("Withdrawal", "Withdrawals"),
            ("Statement", "Statements"),
            ("Hold", "Holds"),
        ],
    },
    Area {
        folder: "cards",
        tag: "Cards",
        description: "Cards, the limits that they have, and what is paid with them.",
        nouns: [
            ("Authorization", "Authorizations"),
            ("Dispute", "Disputes"),
            ("Allowance", "Allowances"),
            ("Terminal", "Terminals"),
            ("Reward", "Rewards"),
            ("Shipment", "Shipments"),
        ],
    },
    Area {
        folder: "compliance",
        tag: "Compliance",
        description: "What has to be known of a customer, and who has looked at it.",
        nouns: [
            ("Screening", "Screenings"),
            ("Review", "Reviews"),
            ("Case", "Cases"),
            ("Attestation", "Attestations"),
            ("Restriction", "Restrictions"),
            ("Report", "Reports"),
        ],
    },
    Area {
        folder: "treasury",
        tag: "Treasury",
        description: "Reserves, exchange between currencies, and how positions are settled.",
        nouns: [
            ("Settlement", "Settlements"),
            ("Conversion", "Conversions"),
            ("Reserve", "Reserves"),
            ("Sweep", "Sweeps"),
            ("Position", "Positions"),
            ("Funding", "Fundings"),
        ],
    },
    Area {
        folder: "billing",
        tag: "Billing",
        description: "What customers are charged, at what times, and by which agreement.",
        nouns: [
            ("Invoice", "Invoices"),
            ("Mandate", "Mandates"),
            ("Subscription", "Subscriptions"),
            ("Tariff", "Tariffs"),
            ("Collection", "Collections"),
            ("Adjustment", "Adjustments"),
        ],
    },
    Area {
        folder: "identity",
        tag: "Identity",
        description: "Who a customer is, and how they prove it.",
        nouns: [
            ("Verification", "Verifications"),
            ("Credential", "Credentials"),
            ("Device", "Devices"),
            ("Profile", "Profiles"),
            ("Consent", "Consents"),
            ("Invitation", "Invitations"),
        ],
    },
    Area {
        folder: "network",
        tag: "Network",
        description: "Partners, the routes that money can take between them, and what they agree on.",
        nouns: [
            ("Corridor", "Corridors"),
            ("Participant", "Participants"),
            ("Agreement", "Agreements"),
            ("Endpoint", "Endpoints"),
            ("Notice", "Notices"),
            ("Route", "Routes"),
        ],
    },
];

const QUALIFIERS: [&str; 9] =
    ["Instant", "Partner", "Recurring", "Regional", "Merchant", "Scheduled", "Customer", "Domestic", "Shared"];

/// How a thing is told by kind: the discriminator's value, the word in names, and a sentence on it.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) value: &'static str,
    pub(crate) word: &'static str,
    pub(crate) meaning: &'static str,
}

pub(crate) const KINDS: [Kind; 8] = [
    Kind { value: "BANK_TRANSFER", word: "BankTransfer", meaning: "Over the clearing system of a bank." },
    Kind { value: "CARD_NETWORK", word: "CardNetwork", meaning: "Over the network of a card scheme." },
    Kind { value: "STABLECOIN", word: "Stablecoin", meaning: "As tokens on a public chain." },
    Kind { value: "LIGHTNING", word: "Lightning", meaning: "Over payment channels of the Lightning network." },
    Kind { value: "MOBILE_MONEY", word: "MobileMoney", meaning: "Through the operator of a telephone network." },
    Kind { value: "CASH_PICKUP", word: "CashPickup", meaning: "In cash, at the counter of an agent." },
    Kind { value: "PAPER_CHECK", word: "PaperCheck", meaning: "As a check that is printed and sent by mail." },
    Kind { value: "BOOK_ENTRY", word: "BookEntry", meaning: "Between two wallets of one platform." },
];

/// The states that a thing goes through, with what each means.
pub(crate) const STATES: [(&str, &str); 10] = [
    ("DRAFT", "Created, and open for changes."),
    ("PENDING_REVIEW", "Waits for somebody who must agree."),
    ("APPROVED", "Agreed on; begins at the next opportunity."),
    ("PROCESSING", "Under way, and out of reach for changes."),
    ("ON_HOLD", "Stopped until a question has been answered."),
    ("COMPLETED", "Done. Nothing changes any more."),
    ("RETURNED", "Came back after it was done."),
    ("FAILED", "Ended without effect; `failureReason` says why."),
    ("CANCELLED", "Called off before it began."),
    ("EXPIRED", "Not confirmed in time."),
];

/// Why a thing fails.
pub(crate) const FAILURES: [(&str, &str); 9] = [
    ("INSUFFICIENT_FUNDS", "The wallet holds less than the amount and the fee."),
    ("ACCOUNT_CLOSED", "The account on the other side does not exist any more."),
    ("NAME_MISMATCH", "The name is not that of the holder."),
    ("LIMIT_EXCEEDED", "A limit of the customer or of the platform is reached."),
    ("SANCTIONS_HIT", "Somebody who takes part is on a list."),
    ("NETWORK_TIMEOUT", "The other side has not answered in time."),
    ("RATE_EXPIRED", "The exchange rate was not good for long enough."),
    ("REJECTED_BY_PARTNER", "The other side refuses without a reason."),
    ("INVALID_DETAILS", "The details that were given lead nowhere."),
];

/// The name of the thing with this number, its plural, and its area. Different for the first 432 numbers.
pub(crate) fn thing(number: usize) -> Option<(String, String, &'static Area)> {
    let area = &AREAS[number % AREAS.len()];
    let rest = number / AREAS.len();
    let (singular, plural) = area.nouns[rest % area.nouns.len()];
    let turn = rest / area.nouns.len();
    let qualifier = QUALIFIERS.get(turn).map(|_| QUALIFIERS[(turn + number) % QUALIFIERS.len()])?;
    Some((format!("{qualifier}{singular}"), format!("{qualifier}{plural}"), area))
}

/// `PartnerPayout` as `partner payout`, `partner-payout` or `PARTNER_PAYOUT`, by what is put between the words.
pub(crate) fn spaced(name: &str, between: char) -> String {
    let mut spaced = String::new();
    for (index, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() && index > 0 {
            spaced.push(between);
        }
        spaced.push(letter.to_ascii_lowercase());
    }
    spaced
}

/// `PartnerPayout` as `partnerPayout`.
pub(crate) fn camel(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase().to_string() + letters.as_str()).unwrap_or_default()
}

/// With the right article before it.
pub(crate) fn a(words: &str) -> String {
    let article = if words.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {words}")
}

/// With a capital first letter.
pub(crate) fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::thing;
    use std::collections::HashSet;

    #[test]
    fn no_two_things_have_one_name() {
        let names: HashSet<String> = (0..).map_while(thing).map(|(name, ..)| name).collect();
        assert_eq!(names.len(), 432);
    }
}
