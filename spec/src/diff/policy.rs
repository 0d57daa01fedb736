//! The policy as one table: what each kind of change means to whom.

use super::verdict::Verdict::{self, Breaking as B, NonBreaking as N, Warning as W};
use super::verdict::{Direction, Profile};

/// What is said about a kind of change when the value goes in one direction.
struct Judgement {
    /// In the order wire, house, sdk.
    verdicts: [Verdict; 3],
    /// Why it matters, after a colon. Shown only with a warning or a break.
    why: &'static str,
}

const FINE: Judgement = Judgement { verdicts: [N, N, N], why: "" };

const fn to(wire: Verdict, house: Verdict, sdk: Verdict, why: &'static str) -> Judgement {
    Judgement { verdicts: [wire, house, sdk], why }
}

struct Row {
    id: &'static str,
    to_server: Judgement,
    to_client: Judgement,
}

/// Declares [`Kind`] and its table in one place, so that a kind without a row does not compile.
macro_rules! policy {
    ($($(#[$doc:meta])* $kind:ident $id:literal $to_server:expr, $to_client:expr;)+) => {
        /// A kind of change. Its name does not tell the direction; the judgement does.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(super) enum Kind {
            $($(#[$doc])* $kind,)+
        }

        impl Kind {
            fn row(self) -> Row {
                match self {
                    $(Self::$kind => Row { id: $id, to_server: $to_server, to_client: $to_client },)+
                }
            }

            /// Every kind, in the order of the table.
            pub(super) const ALL: &[Self] = &[$(Self::$kind),+];
        }
    };
}

policy! {
    // Operations. Those that the server calls are judged by the side of the client that receives the call.
    PathRemoved "path-removed" to(B, B, B, "old clients still call it"), to(N, B, B, "clients wait for calls that never come");
    OperationRemoved "operation-removed" to(B, B, B, "old clients still call it"), to(N, B, B, "clients wait for calls that never come");
    WebhookRemoved "webhook-removed" to(N, B, B, "clients wait for calls that never come"), to(N, B, B, "clients wait for calls that never come");
    CallbackUrlChanged "callback-url-changed" to(N, B, N, "calls go where clients do not expect them"), to(N, B, N, "calls go where clients do not expect them");
    CallbackRemoved "callback-removed" to(N, B, B, "clients wait for calls that never come"), to(N, B, B, "clients wait for calls that never come");
    OperationAdded "operation-added" FINE, FINE;
    WebhookAdded "webhook-added" FINE, FINE;
    CallbackAdded "callback-added" FINE, FINE;
    Deprecated "deprecated" FINE, FINE;
    NoLongerDeprecated "no-longer-deprecated" FINE, FINE;
    OperationIdChanged "operation-id-changed" to(N, N, B, "the method of generated clients is named after it"), to(N, N, B, "generated handlers are named after it");
    OperationTagChanged "operation-tag-changed" to(N, N, W, "some generators group methods by tag"), to(N, N, W, "some generators group handlers by tag");
    SunsetEarlier "sunset-earlier" to(N, W, N, "clients planned for the later day"), to(N, W, N, "clients planned for the later day");
    StabilityLowered "stability-lowered" to(N, W, N, "clients rely on what was promised"), to(N, W, N, "clients rely on what was promised");
    ServerRemoved "server-removed" to(W, W, N, "clients may still call it"), FINE;
    ServerAdded "server-added" FINE, FINE;
    ServerVariableChanged "server-variable-changed" to(W, W, N, "clients may still call what it was"), FINE;

    // Security.
    SecurityAlternativeRemoved "security-alternative-removed" to(B, B, N, "clients that use it are refused"), FINE;
    SecurityAlternativeAdded "security-alternative-added" FINE, to(B, B, N, "clients refuse calls that lack what they check");
    SecuritySchemeChanged "security-scheme-changed" to(B, B, N, "clients that use it are refused"), to(B, B, N, "clients cannot check the call as before");

    // Parameters and headers.
    ParameterRemoved "parameter-removed" to(N, B, B, "clients still send it"), to(B, B, B, "clients still read it");
    RequiredParameterAdded "required-parameter-added" to(B, B, B, "old clients do not send it"), FINE;
    ParameterAdded "parameter-added" FINE, FINE;
    ParameterBecameRequired "parameter-became-required" to(B, B, B, "clients may leave it out"), to(N, N, W, "the type in generated code changes");
    ParameterBecameOptional "parameter-became-optional" to(N, N, W, "the type in generated code changes"), to(B, B, B, "clients rely on it");
    ParameterSerializationChanged "parameter-serialization-changed" to(B, B, N, "old clients write it the old way"), to(B, B, N, "clients read it the old way");
    PathParameterRenamed "path-parameter-renamed" to(N, B, B, "generated clients take it by name"), to(N, B, B, "generated handlers take it by name");
    HeaderRemoved "header-removed" to(N, B, B, "clients still send it"), to(B, B, B, "clients still read it");
    RequiredHeaderAdded "required-header-added" to(B, B, B, "old clients do not send it"), FINE;
    HeaderAdded "header-added" FINE, FINE;
    HeaderBecameRequired "header-became-required" to(B, B, B, "clients may leave it out"), to(N, N, W, "the type in generated code changes");
    HeaderBecameOptional "header-became-optional" to(N, N, W, "the type in generated code changes"), to(B, B, B, "clients rely on it");

    // Bodies and responses.
    BodyRemoved "body-removed" to(W, B, B, "clients still send it"), to(B, B, B, "clients still read it");
    RequiredBodyAdded "required-body-added" to(B, B, B, "old clients do not send it"), to(N, N, W, "the return type in generated code changes");
    BodyAdded "body-added" FINE, to(N, N, W, "the return type in generated code changes");
    BodyBecameRequired "body-became-required" to(B, B, B, "clients may leave it out"), FINE;
    BodyBecameOptional "body-became-optional" FINE, to(B, B, W, "clients rely on it");
    MediaTypeRemoved "media-type-removed" to(B, B, B, "clients still send it"), to(B, B, B, "clients may ask for it");
    MediaTypeAdded "media-type-added" FINE, FINE;
    CallMediaTypeRemoved "call-media-type-removed" FINE, FINE;
    CallMediaTypeAdded "call-media-type-added" FINE, to(B, W, N, "clients may not read it");
    EncodingChanged "encoding-changed" to(B, B, N, "old clients write the part the old way"), to(B, W, N, "clients read the part the old way");
    SuccessStatusRemoved "success-status-removed" to(B, B, B, "clients answer with it"), to(N, B, B, "clients wait for it");
    SuccessStatusReplaced "success-status-replaced" to(B, B, B, "clients answer with the body that it had"), to(B, B, B, "clients read the body that it had");
    SuccessStatusAdded "success-status-added" FINE, to(B, W, W, "clients may take it for the success that they know");
    RedirectStatusAdded "redirect-status-added" FINE, to(W, W, N, "clients may not follow it");
    StatusRemoved "status-removed" FINE, FINE;
    ErrorStatusAdded "error-status-added" FINE, FINE;

    // Members of objects.
    PropertyRemoved "property-removed" to(B, B, B, "clients still send it"), to(B, B, B, "clients still read it");
    PropertyRenamed "property-renamed" to(B, B, B, "clients still send the old name"), to(B, B, B, "clients still read the old name");
    RequiredPropertyAdded "required-property-added" to(B, B, B, "old clients do not send it"), to(B, N, N, "clients were told that no other member comes");
    PropertyAdded "property-added" FINE, to(B, N, N, "clients were told that no other member comes");
    PropertyBecameRequired "property-became-required" to(B, B, B, "clients may leave it out"), to(N, N, W, "the type in generated code changes");
    PropertyBecameOptional "property-became-optional" to(N, N, W, "the type in generated code changes"), to(B, B, B, "clients rely on it");
    AdditionalPropertiesClosed "additional-properties-closed" to(B, B, N, "clients may send other members"), FINE;
    AdditionalPropertiesOpened "additional-properties-opened" FINE, to(B, N, N, "clients were told that no other member comes");

    // Types and values.
    TypeNarrowed "type-narrowed" to(B, B, B, "clients may send what is no longer accepted"), to(N, N, B, "the type in generated code changes");
    TypeWidened "type-widened" to(N, N, B, "the type in generated code changes"), to(B, B, B, "clients may receive what they cannot read");
    TypeChanged "type-changed" to(B, B, B, "clients send the old type"), to(B, B, B, "clients read the old type");
    BecameNullable "became-nullable" to(N, N, W, "the type in generated code changes"), to(B, B, B, "clients may not expect null");
    NoLongerNullable "no-longer-nullable" to(B, B, B, "clients may send null"), to(N, N, W, "the type in generated code changes");
    EnumValueRemoved "enum-value-removed" to(B, B, B, "clients may send it"), to(N, N, B, "code that names the value stops compiling");
    EnumValueAdded "enum-value-added" FINE, to(B, W, W, "clients may not know it");
    EnumIntroduced "enum-introduced" to(B, B, B, "clients may send other values"), to(N, N, B, "the type in generated code changes");
    EnumLifted "enum-lifted" to(N, N, B, "the type in generated code changes"), to(B, W, B, "clients may not know other values");
    ExtensibleValueRemoved "extensible-value-removed" to(B, B, B, "clients may send it"), to(N, N, B, "code that names the value stops compiling");
    ExtensibleValueAdded "extensible-value-added" FINE, FINE;
    EnumNamesChanged "enum-names-changed" to(N, N, B, "code that names the values stops compiling"), to(N, N, B, "code that names the values stops compiling");
    ConstraintTightened "constraint-tightened" to(B, B, N, "clients may send what is no longer accepted"), FINE;
    ConstraintLoosened "constraint-loosened" FINE, to(B, W, N, "clients may receive what was ruled out");
    ConstraintChanged "constraint-changed" to(B, B, N, "it is not provable that all is accepted that was"), to(B, W, N, "it is not provable that clients expect all that may come");
    PatternNarrowed "pattern-narrowed" to(B, B, N, "clients may send what no longer matches"), FINE;
    PatternWidened "pattern-widened" FINE, to(B, N, N, "clients may receive what was ruled out");
    PatternChanged "pattern-changed" to(B, B, N, "it is not provable that all matches that did"), to(B, W, N, "it is not provable that clients expect all that may come");
    FormatAdded "format-added" to(B, B, B, "clients may send what is no longer accepted"), to(N, N, B, "the type in generated code changes");
    FormatRemoved "format-removed" to(N, N, B, "the type in generated code changes"), to(B, W, B, "clients may receive what was ruled out");
    FormatNarrowed "format-narrowed" to(B, B, B, "clients may send what is no longer accepted"), to(N, N, B, "the type in generated code changes");
    FormatWidened "format-widened" to(N, N, B, "the type in generated code changes"), to(B, W, B, "clients may receive what was ruled out");
    FormatChanged "format-changed" to(B, B, B, "clients send the old format"), to(B, B, B, "clients read the old format");
    XmlChanged "xml-changed" to(B, B, N, "old clients write it the old way"), to(B, B, N, "clients read it the old way");
    DefaultChanged "default-changed" to(W, W, N, "clients that leave it out get something else"), to(W, W, N, "clients that fill it in get something else");
    DefaultAdded "default-added" FINE, FINE;

    // Unions.
    UnionMemberRemoved "union-member-removed" to(B, B, B, "clients may send it"), to(N, N, B, "code that names the member stops compiling");
    UnionMemberAdded "union-member-added" FINE, to(B, W, W, "clients may not know it");
    DiscriminatorKeyRemoved "discriminator-key-removed" to(B, B, B, "clients may send it"), to(N, B, B, "clients branch on it");
    DiscriminatorKeyRetargeted "discriminator-key-retargeted" to(B, B, B, "clients send what the key used to name"), to(B, B, B, "clients read what the key used to name");
    DiscriminatorChanged "discriminator-changed" to(B, B, B, "clients send the old member"), to(B, B, B, "clients branch on the old member");
    DiscriminatorRemoved "discriminator-removed" to(N, B, B, "generated clients tell members apart by it"), to(N, B, B, "clients branch on it");
    DiscriminatorAdded "discriminator-added" to(N, N, W, "the type in generated code changes"), to(N, N, W, "the type in generated code changes");
    BecameUnion "became-union" to(N, N, B, "the type in generated code changes"), to(N, N, B, "the type in generated code changes");
    NoLongerUnion "no-longer-union" to(N, N, B, "the type in generated code changes"), to(N, N, B, "the type in generated code changes");

    // Names that only generated code sees.
    ComponentRenamed "component-renamed" to(N, N, B, "code that names the type stops compiling"), to(N, N, B, "code that names the type stops compiling");
    ComponentRemoved "component-removed" to(N, N, B, "code that names the type stops compiling"), to(N, N, B, "code that names the type stops compiling");
    ComponentReplaced "component-replaced" to(N, N, B, "the type in generated code changes"), to(N, N, B, "the type in generated code changes");

    // What only readers see.
    DocumentationChanged "documentation-changed" FINE, FINE;
}

/// What softens a judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Mitigation {
    /// On the wire nothing is lost: the thing was optional, or what it is sent to takes anything.
    pub(super) harmless_on_the_wire: bool,
    /// BASE said that it would go.
    pub(super) was_deprecated: bool,
    /// Something else takes its place, so that only generated code can tell.
    pub(super) is_covered: bool,
    /// Generated code has it still, under the same name.
    pub(super) still_compiles: bool,
}

impl Kind {
    pub(super) fn id(self) -> &'static str {
        self.row().id
    }

    pub(super) fn verdict(self, direction: Direction, profile: Profile, mitigation: Mitigation) -> Verdict {
        let verdict = self.judgement(direction).verdicts[profile as usize];
        match profile {
            Profile::Wire | Profile::House if mitigation.is_covered => N,
            Profile::Wire if mitigation.harmless_on_the_wire => N,
            Profile::Sdk if mitigation.still_compiles => N,
            Profile::House if mitigation.was_deprecated => verdict.min(W),
            _ => verdict,
        }
    }

    pub(super) fn why(self, direction: Direction) -> &'static str {
        self.judgement(direction).why
    }

    /// Whether only generated code can tell.
    pub(super) fn is_about_names(self) -> bool {
        matches!(
            self,
            Self::ComponentRenamed
                | Self::ComponentRemoved
                | Self::ComponentReplaced
                | Self::OperationIdChanged
                | Self::OperationTagChanged
                | Self::EnumNamesChanged
        )
    }

    fn judgement(self, direction: Direction) -> Judgement {
        let Row { to_server, to_client, .. } = self.row();
        match direction {
            Direction::ToServer => to_server,
            Direction::ToClient => to_client,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use foldhash::HashSet;

    #[test]
    fn ids_are_unique_and_every_judgement_that_matters_says_why() {
        let ids: HashSet<_> = Kind::ALL.iter().map(|kind| kind.id()).collect();
        assert_eq!(ids.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            for direction in [Direction::ToServer, Direction::ToClient] {
                let Judgement { verdicts, why } = kind.judgement(direction);
                assert_eq!(verdicts == [N, N, N], why.is_empty(), "{kind:?} {direction:?}");
            }
        }
    }

    #[test]
    fn a_deprecated_thing_may_go_with_a_warning_in_the_house_only() {
        let gone = Mitigation { was_deprecated: true, ..Mitigation::default() };
        let verdict = |profile| Kind::PropertyRemoved.verdict(Direction::ToClient, profile, gone);
        assert_eq!([Profile::Wire, Profile::House, Profile::Sdk].map(verdict), [B, W, B]);
    }
}
