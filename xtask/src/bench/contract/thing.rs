//! What the interface is about, thing by thing, before it is written out as files.

use super::chance::Chance;
use super::common;
use super::members::{Member, Shape, example, general, special};
use super::words::{self, Area, FAILURES, KINDS, Kind, STATES, camel, spaced};
use super::yaml::{Map, Yaml};

/// What only the server sets: requests do not have it.
const SET_BY_SERVER: [&str; 6] =
    ["attemptCount", "completedAt", "printedAt", "transactionHash", "receiptUrl", "confirmationCount"];

/// One resource of the interface, with all that its files are made from.
#[derive(Clone)]
pub(crate) struct Thing {
    pub(crate) name: String,
    pub(crate) plural: String,
    pub(crate) area: &'static Area,
    pub(crate) branches: Vec<Branch>,
    pub(crate) base: Vec<Member>,
    pub(crate) routing: Vec<Member>,
    pub(crate) states: Vec<(&'static str, &'static str)>,
    pub(crate) failures: Vec<(&'static str, &'static str)>,
    /// Whether the wallet signs the confirmation.
    pub(crate) signed: bool,
    pub(crate) deletable: bool,
    /// Whether what happened to it can be listed.
    pub(crate) has_events: bool,
    pub(crate) has_archive: bool,
    /// Whether a retried creation is recognised by a header.
    pub(crate) is_idempotent: bool,
    /// How many more examples its list has, each in a file.
    pub(crate) more_examples: usize,
    pub(crate) largest_page: u64,
    /// An addition to the description of the thing.
    pub(crate) remark: &'static str,
    id: String,
    /// Other ids in examples, in turn.
    ids: Vec<String>,
}

/// One kind of the thing, and what only this kind has.
#[derive(Clone)]
pub(crate) struct Branch {
    pub(crate) kind: Kind,
    pub(crate) members: Vec<Member>,
}

impl Thing {
    /// The thing with this number: the same in every tree that has it.
    pub(crate) fn numbered(number: usize) -> Option<Self> {
        let (name, plural, area) = words::thing(number)?;
        let mut chance = Chance::new(0x7469_6465 + number as u64);
        let width = 3 + usize::from(chance.one_in(2));
        let branches = chance
            .some(&KINDS, width)
            .into_iter()
            .map(|kind| {
                let wanted = 2 + chance.below(2);
                let mut members = chance.some(&special(), wanted);
                members.iter_mut().take(1).for_each(|first| first.required = true);
                Branch { kind, members }
            })
            .collect();
        let wanted = 4 + chance.below(3);
        let mut base = chance.some(&general(), wanted);
        base.iter_mut().take(1).for_each(|first| first.required = true);
        let wanted = 4 + chance.below(3);
        let mut states = chance.some(&STATES, wanted);
        if !states.iter().any(|(value, _)| *value == "FAILED") {
            states.push(STATES[7]);
        }
        let (wanted, routing) = (3 + chance.below(3), 2 + chance.below(2));
        Some(Self {
            branches,
            base,
            routing: chance.some(&special(), routing),
            states,
            failures: chance.some(&FAILURES, wanted),
            signed: number.is_multiple_of(3),
            deletable: !chance.one_in(4),
            has_events: !chance.one_in(3),
            has_archive: number.is_multiple_of(2),
            is_idempotent: number % 4 < 2,
            more_examples: 0,
            largest_page: 100,
            remark: "",
            id: format!("{name}:{}", chance.uuid()),
            ids: (0..40).map(|_| chance.uuid()).collect(),
            name,
            plural,
            area,
        })
    }

    /// `partner payout`
    pub(crate) fn words(&self) -> String {
        spaced(&self.name, ' ')
    }

    /// `partner payouts`
    pub(crate) fn words_plural(&self) -> String {
        spaced(&self.plural, ' ')
    }

    /// `/partner-payouts`
    pub(crate) fn path(&self) -> String {
        format!("/{}", spaced(&self.plural, '-'))
    }

    /// `/partner-payouts/{partnerPayoutId}`
    pub(crate) fn path_of_one(&self) -> String {
        format!("{}/{{{}Id}}", self.path(), camel(&self.name))
    }

    /// The file of one of its schemas: `schema("Status")`.
    pub(crate) fn schema(&self, suffix: &str) -> String {
        format!("components/schemas/{}/{}{suffix}.yaml", self.area.folder, self.name)
    }

    /// The file of the schema of one of its kinds.
    pub(crate) fn branch_schema(&self, branch: &Branch, suffix: &str) -> String {
        format!("components/schemas/{}/{}{}{suffix}.yaml", self.area.folder, branch.kind.word, self.name)
    }

    /// The file of one of its parameters, examples and so on.
    pub(crate) fn component(&self, group: &str, suffix: &str) -> String {
        format!("components/{group}/{}/{}{suffix}.yaml", self.area.folder, self.name)
    }

    /// The file of one of its paths.
    pub(crate) fn path_file(&self, suffix: &str) -> String {
        format!("paths/{}/{}{suffix}.yaml", self.area.folder, spaced(&self.plural, '-'))
    }

    /// The file of its webhook.
    pub(crate) fn webhook_file(&self) -> String {
        format!("webhooks/{}/{}-changed.yaml", self.area.folder, spaced(&self.name, '-'))
    }

    /// An id in an example: the thing's own, or one of others like it.
    pub(crate) fn id(&self, number: usize) -> String {
        match number.checked_sub(1) {
            None => self.id.clone(),
            Some(other) => format!("{}:{}", self.name, self.ids[other % self.ids.len()]),
        }
    }

    /// The id of something else in an example.
    pub(crate) fn other_id(&self, kind: &str, number: usize) -> String {
        format!("{kind}:{}", self.ids[number % self.ids.len()])
    }

    /// What every one of them has in answers.
    pub(crate) fn read_members(&self) -> Vec<Member> {
        let named = |schema: String, example: Yaml| Shape::Named { schema, example };
        let time = |example| Shape::Format { format: "date-time", example };
        let words = self.words();
        let mut members = vec![
            Member::new("id", named(self.schema("Id"), self.id.as_str().into()), &format!("Names the {words}."))
                .required(),
            Member::new(
                "status",
                named(self.schema("Status"), self.states[0].0.into()),
                &format!("How far the {words} is."),
            )
            .required(),
            Member::new("createdAt", time("2026-04-01T09:30:00Z"), &format!("When the {words} was created."))
                .required(),
            Member::new("updatedAt", time("2026-04-01T09:31:12Z"), &format!("When the {words} last changed."))
                .required(),
            Member::new(
                "failureReason",
                named(self.schema("FailureReason"), self.failures[0].0.into()),
                "Why it failed; only there if it did.",
            ),
        ];
        members.extend(self.shared_members());
        members.extend(self.base.iter().cloned());
        members
    }

    /// What every one of them has in requests.
    pub(crate) fn written_members(&self) -> Vec<Member> {
        let mut members = self.shared_members();
        members.extend(self.base.iter().filter(|member| !SET_BY_SERVER.contains(&member.name)).cloned());
        members
    }

    fn shared_members(&self) -> Vec<Member> {
        let routing = example(&self.routing_members()).into();
        let words = self.words();
        vec![
            Member::new(
                "amount",
                Shape::Named { schema: common::MONEY.to_owned(), example: common::money() },
                &format!("What the {words} is about, before fees."),
            )
            .required(),
            Member::new(
                "routing",
                Shape::Named { schema: self.schema("Routing"), example: routing },
                "Which way it takes, and who stands at the other end.",
            ),
            Member::new(
                "metadata",
                Shape::Named { schema: common::METADATA.to_owned(), example: common::metadata() },
                "What your own systems need to know of it.",
            ),
        ]
    }

    /// What its way is described by.
    pub(crate) fn routing_members(&self) -> Vec<Member> {
        let mut members = vec![
            Member::new(
                "receiver",
                Shape::Named { schema: common::PARTY.to_owned(), example: common::party() },
                "Who stands at the other end.",
            )
            .required(),
            Member::new(
                "documents",
                Shape::ManyNamed { schema: common::DOCUMENT_LINK.to_owned(), example: common::document_link() },
                "Papers that prove what it is for.",
            ),
        ];
        members.extend(self.routing.iter().cloned());
        members
    }

    /// What only one kind has, in requests without that which the server sets.
    pub(crate) fn branch_members(branch: &Branch, written: bool) -> Vec<Member> {
        let is_there = |member: &&Member| !written || !SET_BY_SERVER.contains(&member.name);
        branch.members.iter().filter(is_there).cloned().collect()
    }

    /// A whole one in an answer.
    pub(crate) fn example(&self, branch: usize, number: usize) -> Map {
        let branch = &self.branches[branch % self.branches.len()];
        let state = self.states[number % self.states.len()].0;
        let members = self.read_members().into_iter().filter(|member| match member.name {
            "id" | "status" => false,
            "failureReason" => state == "FAILED",
            _ => true,
        });
        let members: Vec<Member> = members.collect();
        let own = Map::new().with("id", self.id(number)).with("type", branch.kind.value).with("status", state);
        own.and(example(&members)).and(example(&Self::branch_members(branch, false)))
    }

    /// A whole one in a request.
    pub(crate) fn written_example(&self, branch: usize) -> Map {
        let branch = &self.branches[branch % self.branches.len()];
        let own = Map::new().with("type", branch.kind.value);
        own.and(example(&self.written_members())).and(example(&Self::branch_members(branch, true)))
    }
}
