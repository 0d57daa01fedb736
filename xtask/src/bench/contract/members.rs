//! The members that things have: a stock of them, each with a schema, a description and an example.

use super::words::capital;
use super::yaml::{Map, Yaml, refer};

/// What a member holds.
#[derive(Clone)]
pub(crate) enum Shape {
    Text {
        most: u64,
        example: &'static str,
    },
    /// A text in a schema of its own.
    Pattern {
        pattern: &'static str,
        example: &'static str,
    },
    Format {
        format: &'static str,
        example: &'static str,
    },
    MaybeTime {
        example: &'static str,
    },
    Count {
        least: u64,
        most: u64,
        example: u64,
    },
    Flag,
    Words {
        most: u64,
        example: [&'static str; 2],
    },
    /// A reference to a schema, and an example of it.
    Named {
        schema: String,
        example: Yaml,
    },
    ManyNamed {
        schema: String,
        example: Yaml,
    },
}

/// A property of a schema.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) description: String,
    pub(crate) required: bool,
    pub(crate) deprecated: bool,
}

impl Member {
    pub(crate) fn new(name: &'static str, shape: Shape, description: &str) -> Self {
        Self { name, shape, description: description.to_owned(), required: false, deprecated: false }
    }

    pub(crate) fn required(mut self) -> Self {
        self.required = true;
        self
    }

    fn schema(&self) -> Map {
        let text = || Map::new().with("type", "string");
        let described = |map: Map| map.with("description", self.description.as_str());
        let schema = match &self.shape {
            Shape::Text { most, example } => described(text().with("maxLength", *most)).with("example", *example),
            Shape::Pattern { .. } => described(refer(&pattern_file(self.name))),
            Shape::Format { format, example } => {
                described(text().with("format", *format)).with("examples", vec![*example])
            }
            Shape::MaybeTime { example } => {
                let types = Map::new().with("type", vec!["string", "null"]).with("format", "date-time");
                described(types).with("examples", vec![*example])
            }
            Shape::Count { least, most, example } => {
                let number = Map::new().with("type", "integer").with("minimum", *least).with("maximum", *most);
                described(number).with("example", *example)
            }
            Shape::Flag => described(Map::new().with("type", "boolean").with("default", false)).with("example", true),
            Shape::Words { most, example } => {
                let list = Map::new().with("type", "array").with("maxItems", *most);
                described(list).with("items", text().with("maxLength", 64)).with("example", example.to_vec())
            }
            Shape::Named { schema, .. } => described(refer(schema)),
            Shape::ManyNamed { schema, example } => {
                let list = Map::new().with("type", "array").with("maxItems", 50);
                described(list).with("items", refer(schema)).with("example", vec![example.clone()])
            }
        };
        schema.maybe("deprecated", self.deprecated.then_some(true))
    }

    /// The schema of its own that a text with a pattern has.
    pub(crate) fn named_schema(&self) -> Option<(String, Map)> {
        let Shape::Pattern { pattern, example } = self.shape else { return None };
        // What stands behind the first sentence is about one use of it.
        let description = self.description.split_inclusive(". ").next().unwrap_or_default().trim_end();
        let schema = Map::new().with("type", "string").with("pattern", pattern);
        Some((pattern_file(self.name), schema.with("description", description).with("example", example)))
    }

    pub(crate) fn example(&self) -> Yaml {
        match &self.shape {
            Shape::Text { example, .. }
            | Shape::Pattern { example, .. }
            | Shape::Format { example, .. }
            | Shape::MaybeTime { example } => (*example).into(),
            Shape::Count { example, .. } => (*example).into(),
            Shape::Flag => true.into(),
            Shape::Words { example, .. } => example.to_vec().into(),
            Shape::Named { example, .. } => example.clone(),
            Shape::ManyNamed { example, .. } => vec![example.clone()].into(),
        }
    }
}

fn pattern_file(name: &str) -> String {
    format!("components/schemas/common/{}.yaml", capital(name))
}

/// An object schema of such members.
pub(crate) fn object(title: Option<&str>, description: &str, members: &[Member]) -> Map {
    let required: Vec<&str> = members.iter().filter(|member| member.required).map(|member| member.name).collect();
    Map::new()
        .maybe("title", title)
        .with("type", "object")
        .maybe("description", (!description.is_empty()).then_some(description))
        .maybe("required", (!required.is_empty()).then_some(required))
        .with("properties", properties(members))
}

/// What stands under `properties`.
pub(crate) fn properties(members: &[Member]) -> Map {
    members.iter().fold(Map::new(), |map, member| map.with(member.name, member.schema()))
}

/// An example of such an object.
pub(crate) fn example(members: &[Member]) -> Map {
    members.iter().fold(Map::new(), |map, member| map.with(member.name, member.example()))
}

/// The stock of simple members that base schemas draw from.
pub(crate) fn general() -> Vec<Member> {
    let text = |most, example| Shape::Text { most, example };
    let pattern = |pattern, example| Shape::Pattern { pattern, example };
    let format = |format, example| Shape::Format { format, example };
    vec![
        Member::new(
            "reference",
            text(140, "Order 4711, second delivery"),
            "Your own words for it. They are kept as they are and shown to nobody else.",
        ),
        Member::new(
            "memo",
            text(280, "Rent for April, as agreed by telephone"),
            "A note to the other side. Where the way that the money takes has less room, the end is cut off.",
        ),
        Member::new(
            "statementDescriptor",
            pattern("^[A-Z0-9 .]{5,22}$", "TIDEWATER SHOP"),
            "What stands on the statement of the person who pays: capital letters, digits, spaces and full stops.",
        ),
        Member::new(
            "purposeCode",
            pattern("^[A-Z]{4}$", "SALA"),
            "The purpose in four letters of the external code set of ISO 20022. Some countries refuse money without one.",
        ),
        Member::new(
            "priority",
            Shape::Count { least: 1, most: 9, example: 5 },
            "How soon it is worked on among others of the same day; 1 is soonest.",
        ),
        Member::new(
            "attemptCount",
            Shape::Count { least: 0, most: 25, example: 2 },
            "How often it was tried so far. After 25 attempts nothing more is tried.",
        ),
        Member::new("isTest", Shape::Flag, "Whether it was made in the sandbox, where no money moves."),
        Member::new("isUrgent", Shape::Flag, "Whether it may cost more to arrive on the same day."),
        Member::new(
            "scheduledAt",
            format("date-time", "2026-04-02T08:00:00Z"),
            "Not before this time. It may begin up to ten minutes later.",
        ),
        Member::new(
            "completedAt",
            Shape::MaybeTime { example: "2026-04-02T08:04:31Z" },
            "When the last step was done; null as long as there are steps left.",
        ),
        Member::new(
            "expiresAt",
            format("date-time", "2026-05-02T08:00:00Z"),
            "When it ends by itself, if nobody has confirmed it.",
        ),
        Member::new(
            "valueDate",
            format("date", "2026-04-03"),
            "The day by which interest is reckoned, in the time zone of the account.",
        ),
        Member::new(
            "receiptEmail",
            format("email", "ada@wallet.test"),
            "Where the receipt is sent. Nothing is sent if it is left out.",
        ),
        Member::new(
            "receiptUrl",
            format("uri", "https://receipts.wallet.test/r/7f3a"),
            "A page with the receipt. Whoever has the address can read it for 30 days.",
        ),
        Member::new(
            "phoneNumber",
            pattern(r"^\+[1-9][0-9]{6,14}$", "+4915112345678"),
            "A telephone number with the code of its country, as E.164 has it.",
        ),
        Member::new(
            "labels",
            Shape::Words { most: 20, example: ["priority", "berlin-office"] },
            "Words to find it by. They are compared without regard to case.",
        ),
        Member::new("taxNumber", text(32, "DE811907980"), "The number under which the tax office knows the customer."),
        Member::new(
            "retentionDays",
            Shape::Count { least: 30, most: 3650, example: 365 },
            "For how many days it is kept after it has ended.",
        ),
    ]
}

/// The stock of members that belong to one way of moving money.
pub(crate) fn special() -> Vec<Member> {
    let text = |most, example| Shape::Text { most, example };
    let pattern = |pattern, example| Shape::Pattern { pattern, example };
    let format = |format, example| Shape::Format { format, example };
    vec![
        Member::new("holderName", text(120, "Ada Lovelace"), "The name of the holder, written as on the account."),
        Member::new(
            "iban",
            pattern("^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$", "DE89370400440532013000"),
            "The international number of the account, without spaces. Its check digits are verified.",
        ),
        Member::new(
            "bic",
            pattern("^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$", "COBADEFFXXX"),
            "The code of the bank, with eight or eleven characters.",
        ),
        Member::new(
            "routingNumber",
            pattern("^[0-9]{9}$", "021000021"),
            "The nine digits that name a bank in the United States.",
        ),
        Member::new(
            "accountNumber",
            pattern("^[0-9]{4,17}$", "000123456789"),
            "The number of the account at its bank, with its leading zeros.",
        ),
        Member::new(
            "cardLastFour",
            pattern("^[0-9]{4}$", "4242"),
            "The last four digits of the card. The others are never returned.",
        ),
        Member::new(
            "networkToken",
            text(64, "tkn live 8f2e11"),
            "The token that the card scheme has given out in place of the number.",
        ),
        Member::new(
            "walletAddress",
            pattern("^0x[0-9a-fA-F]{40}$", "0x52908400098527886E0F7030069857D2E4169EE7"),
            "The address on the chain. Its check sum is verified if it has letters of both cases.",
        ),
        Member::new(
            "transactionHash",
            pattern("^0x[0-9a-f]{64}$", "0x5c504ed432cb51138bcf09aa5e8a410dd4a1e204ef84bfed1be16dfba1b22060"),
            "The transaction on the chain, once there is one.",
        ),
        Member::new(
            "confirmationCount",
            Shape::Count { least: 1, most: 120, example: 12 },
            "How many blocks must follow before the amount is thought to have arrived.",
        ),
        Member::new(
            "channelPublicKey",
            pattern(
                "^(0[23][0-9a-f]{64}|04[0-9a-f]{128})$",
                "03b0bd634234abbb1ba1e986e884185c61cf43e001f9137f23c2c409273eb16e65",
            ),
            "The P-256 public key of the node on the other side, SEC1 in hex.",
        ),
        Member::new(
            "paymentRequest",
            text(2048, "lnbc2500u1pvjluezpp5qqqsyq"),
            "The request as the receiver has written it. What it says of the amount must fit.",
        ),
        Member::new("operatorName", text(60, "Northline Mobile"), "The operator of the telephone network."),
        Member::new(
            "subscriberNumber",
            pattern(r"^\+[1-9][0-9]{6,14}$", "+254712345678"),
            "The telephone number that the wallet of the operator belongs to.",
        ),
        Member::new(
            "pickupCode",
            pattern("^[A-HJ-NP-Z2-9]{10}$", "K7WPQ2RT9X"),
            "What has to be said at the counter. It is shown once, in the answer to the call that makes it.",
        ),
        Member::new("agentName", text(80, "Harbour Street Exchange"), "The agent that pays out the cash."),
        Member::new(
            "pickupBefore",
            format("date-time", "2026-04-30T18:00:00Z"),
            "Until when the cash lies ready. After that it returns to the wallet.",
        ),
        Member::new("checkNumber", pattern("^[0-9]{3,10}$", "100482"), "The number that is printed on the check."),
        Member::new(
            "printedAt",
            Shape::MaybeTime { example: "2026-04-02T11:20:00Z" },
            "When the check was printed; null as long as it waits.",
        ),
        Member::new("mailClass", text(24, "First class"), "How the check is sent, in the words of the carrier."),
        Member::new("ledgerName", text(48, "Customer funds, euro"), "The ledger in which both entries are made."),
        Member::new("isReversible", Shape::Flag, "Whether the entry can be taken back without asking the other side."),
        Member::new("effectiveDate", format("date", "2026-04-02"), "The day on which both entries count."),
        Member::new(
            "callbackUrl",
            format("uri", "https://shop.wallet.test/hooks/money"),
            "Who is told when the money arrives. The address must answer within five seconds.",
        ),
    ]
}
