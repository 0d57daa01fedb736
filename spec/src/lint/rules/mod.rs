//! Every rule, one file each. GENERATED from the files in this folder by the test `the_registry_lists_every_file`:
//! run it with `EXPECTORATE=overwrite`.

use super::rule::Entry;

pub(super) mod boolean_parameter_prefixes;
pub(super) mod bundle_in_sync;
pub(super) mod codegen_safe_anyof_required_sets;
pub(super) mod codegen_safe_closed_allof_base;
pub(super) mod codegen_safe_enum_collision;
pub(super) mod codegen_safe_inline_body;
pub(super) mod codegen_safe_unnamed_constrained_string;
pub(super) mod const_has_type;
pub(super) mod contact_properties;
pub(super) mod delete_returns_204;
pub(super) mod deprecated_flag_matches_prose;
pub(super) mod discriminator_only_on_union;
pub(super) mod discriminator_variant_const;
pub(super) mod enum_has_type;
pub(super) mod enum_table_sync;
pub(super) mod enum_value_identifier;
pub(super) mod enum_values_upper_snake_case;
pub(super) mod example_no_undeclared_property;
pub(super) mod field_names_camel_case;
pub(super) mod id_example_format;
pub(super) mod info_contact;
pub(super) mod info_description;
pub(super) mod info_license;
pub(super) mod info_license_strict;
pub(super) mod list_empty_semantics;
pub(super) mod list_pagination;
pub(super) mod name_collision;
pub(super) mod no_ambiguous_paths;
pub(super) mod no_dangling_data_ref;
pub(super) mod no_duplicated_enum_values;
pub(super) mod no_duplicated_tag_names;
pub(super) mod no_empty_servers;
pub(super) mod no_enum_type_mismatch;
pub(super) mod no_example_value_and_external_value;
pub(super) mod no_identical_paths;
pub(super) mod no_illogical_composition_keywords;
pub(super) mod no_inline_object_schema;
pub(super) mod no_inline_request_schema;
pub(super) mod no_inline_response_schema;
pub(super) mod no_invalid_media_type_examples;
pub(super) mod no_invalid_parameter_examples;
pub(super) mod no_invalid_schema_examples;
pub(super) mod no_mixed_number_range_constraints;
pub(super) mod no_path_trailing_slash;
pub(super) mod no_required_schema_properties_undefined;
pub(super) mod no_schema_type_mismatch;
pub(super) mod no_server_example_com;
pub(super) mod no_server_trailing_slash;
pub(super) mod no_server_variables_empty_enum;
pub(super) mod no_undefined_server_variable;
pub(super) mod no_unresolved_refs;
pub(super) mod no_unsafe_markdown;
pub(super) mod no_unused_components;
pub(super) mod nullable_not_one_of;
pub(super) mod nullable_type_sibling;
pub(super) mod oas3_1_callbacks_in_webhook;
pub(super) mod oas3_1_servers_in_webhook;
pub(super) mod oas3_callbacks_in_callbacks;
pub(super) mod one_of_must_have_discriminator;
pub(super) mod openapi_tags;
pub(super) mod operation_2xx_response;
pub(super) mod operation_4xx_response;
pub(super) mod operation_description;
pub(super) mod operation_operation_id;
pub(super) mod operation_operation_id_unique;
pub(super) mod operation_operation_id_url_safe;
pub(super) mod operation_parameters_unique;
pub(super) mod operation_singular_tag;
pub(super) mod operation_summary;
pub(super) mod operation_tag_defined;
pub(super) mod operation_tags;
pub(super) mod p256_key_pattern;
pub(super) mod pagination_envelope_has_data;
pub(super) mod pagination_envelope_has_has_more;
pub(super) mod parameter_description;
pub(super) mod path_declaration_must_exist;
pub(super) mod path_not_include_query;
pub(super) mod path_parameters_defined;
pub(super) mod path_params_camel_case;
pub(super) mod paths_kebab_case;
pub(super) mod prose_endpoint_exists;
pub(super) mod prose_error_code_declared;
pub(super) mod prose_status_documented;
pub(super) mod prose_vs_schema;
pub(super) mod query_params_camel_case;
pub(super) mod redundant_length;
pub(super) mod resource_id_is_id;
pub(super) mod router_conflict;
pub(super) mod schema_properties_have_descriptions;
pub(super) mod schema_properties_have_examples;
pub(super) mod security_defined;
pub(super) mod security_scopes_defined;
pub(super) mod signed_retry_pair;
pub(super) mod spec_components_invalid_map_name;
pub(super) mod spec_ref_siblings;
pub(super) mod structure;
pub(super) mod tag_description;
pub(super) mod tags_alphabetical;
pub(super) mod unauthorized_names_triggers;
pub(super) mod union_family_parity;
pub(super) mod union_mapping_members;
pub(super) mod union_member_title;
pub(super) mod unique_schema_title;
pub(super) mod version_matches_server_path;

/// All rules, by the names of their files.
#[rustfmt::skip]
pub(super) const ALL: &[Entry] = &[
    Entry::new(&boolean_parameter_prefixes::RULE, include_str!("boolean_parameter_prefixes.rs")),
    Entry::new(&bundle_in_sync::RULE, include_str!("bundle_in_sync.rs")),
    Entry::new(&codegen_safe_anyof_required_sets::RULE, include_str!("codegen_safe_anyof_required_sets.rs")),
    Entry::new(&codegen_safe_closed_allof_base::RULE, include_str!("codegen_safe_closed_allof_base.rs")),
    Entry::new(&codegen_safe_enum_collision::RULE, include_str!("codegen_safe_enum_collision.rs")),
    Entry::new(&codegen_safe_inline_body::RULE, include_str!("codegen_safe_inline_body.rs")),
    Entry::new(&codegen_safe_unnamed_constrained_string::RULE, include_str!("codegen_safe_unnamed_constrained_string.rs")),
    Entry::new(&const_has_type::RULE, include_str!("const_has_type.rs")),
    Entry::new(&contact_properties::RULE, include_str!("contact_properties.rs")),
    Entry::new(&delete_returns_204::RULE, include_str!("delete_returns_204.rs")),
    Entry::new(&deprecated_flag_matches_prose::RULE, include_str!("deprecated_flag_matches_prose.rs")),
    Entry::new(&discriminator_only_on_union::RULE, include_str!("discriminator_only_on_union.rs")),
    Entry::new(&discriminator_variant_const::RULE, include_str!("discriminator_variant_const.rs")),
    Entry::new(&enum_has_type::RULE, include_str!("enum_has_type.rs")),
    Entry::new(&enum_table_sync::RULE, include_str!("enum_table_sync.rs")),
    Entry::new(&enum_value_identifier::RULE, include_str!("enum_value_identifier.rs")),
    Entry::new(&enum_values_upper_snake_case::RULE, include_str!("enum_values_upper_snake_case.rs")),
    Entry::new(&example_no_undeclared_property::RULE, include_str!("example_no_undeclared_property.rs")),
    Entry::new(&field_names_camel_case::RULE, include_str!("field_names_camel_case.rs")),
    Entry::new(&id_example_format::RULE, include_str!("id_example_format.rs")),
    Entry::new(&info_contact::RULE, include_str!("info_contact.rs")),
    Entry::new(&info_description::RULE, include_str!("info_description.rs")),
    Entry::new(&info_license::RULE, include_str!("info_license.rs")),
    Entry::new(&info_license_strict::RULE, include_str!("info_license_strict.rs")),
    Entry::new(&list_empty_semantics::RULE, include_str!("list_empty_semantics.rs")),
    Entry::new(&list_pagination::RULE, include_str!("list_pagination.rs")),
    Entry::new(&name_collision::RULE, include_str!("name_collision.rs")),
    Entry::new(&no_ambiguous_paths::RULE, include_str!("no_ambiguous_paths.rs")),
    Entry::new(&no_dangling_data_ref::RULE, include_str!("no_dangling_data_ref.rs")),
    Entry::new(&no_duplicated_enum_values::RULE, include_str!("no_duplicated_enum_values.rs")),
    Entry::new(&no_duplicated_tag_names::RULE, include_str!("no_duplicated_tag_names.rs")),
    Entry::new(&no_empty_servers::RULE, include_str!("no_empty_servers.rs")),
    Entry::new(&no_enum_type_mismatch::RULE, include_str!("no_enum_type_mismatch.rs")),
    Entry::new(&no_example_value_and_external_value::RULE, include_str!("no_example_value_and_external_value.rs")),
    Entry::new(&no_identical_paths::RULE, include_str!("no_identical_paths.rs")),
    Entry::new(&no_illogical_composition_keywords::RULE, include_str!("no_illogical_composition_keywords.rs")),
    Entry::new(&no_inline_object_schema::RULE, include_str!("no_inline_object_schema.rs")),
    Entry::new(&no_inline_request_schema::RULE, include_str!("no_inline_request_schema.rs")),
    Entry::new(&no_inline_response_schema::RULE, include_str!("no_inline_response_schema.rs")),
    Entry::new(&no_invalid_media_type_examples::RULE, include_str!("no_invalid_media_type_examples.rs")),
    Entry::new(&no_invalid_parameter_examples::RULE, include_str!("no_invalid_parameter_examples.rs")),
    Entry::new(&no_invalid_schema_examples::RULE, include_str!("no_invalid_schema_examples.rs")),
    Entry::new(&no_mixed_number_range_constraints::RULE, include_str!("no_mixed_number_range_constraints.rs")),
    Entry::new(&no_path_trailing_slash::RULE, include_str!("no_path_trailing_slash.rs")),
    Entry::new(&no_required_schema_properties_undefined::RULE, include_str!("no_required_schema_properties_undefined.rs")),
    Entry::new(&no_schema_type_mismatch::RULE, include_str!("no_schema_type_mismatch.rs")),
    Entry::new(&no_server_example_com::RULE, include_str!("no_server_example_com.rs")),
    Entry::new(&no_server_trailing_slash::RULE, include_str!("no_server_trailing_slash.rs")),
    Entry::new(&no_server_variables_empty_enum::RULE, include_str!("no_server_variables_empty_enum.rs")),
    Entry::new(&no_undefined_server_variable::RULE, include_str!("no_undefined_server_variable.rs")),
    Entry::new(&no_unresolved_refs::RULE, include_str!("no_unresolved_refs.rs")),
    Entry::new(&no_unsafe_markdown::RULE, include_str!("no_unsafe_markdown.rs")),
    Entry::new(&no_unused_components::RULE, include_str!("no_unused_components.rs")),
    Entry::new(&nullable_not_one_of::RULE, include_str!("nullable_not_one_of.rs")),
    Entry::new(&nullable_type_sibling::RULE, include_str!("nullable_type_sibling.rs")),
    Entry::new(&oas3_1_callbacks_in_webhook::RULE, include_str!("oas3_1_callbacks_in_webhook.rs")),
    Entry::new(&oas3_1_servers_in_webhook::RULE, include_str!("oas3_1_servers_in_webhook.rs")),
    Entry::new(&oas3_callbacks_in_callbacks::RULE, include_str!("oas3_callbacks_in_callbacks.rs")),
    Entry::new(&one_of_must_have_discriminator::RULE, include_str!("one_of_must_have_discriminator.rs")),
    Entry::new(&openapi_tags::RULE, include_str!("openapi_tags.rs")),
    Entry::new(&operation_2xx_response::RULE, include_str!("operation_2xx_response.rs")),
    Entry::new(&operation_4xx_response::RULE, include_str!("operation_4xx_response.rs")),
    Entry::new(&operation_description::RULE, include_str!("operation_description.rs")),
    Entry::new(&operation_operation_id::RULE, include_str!("operation_operation_id.rs")),
    Entry::new(&operation_operation_id_unique::RULE, include_str!("operation_operation_id_unique.rs")),
    Entry::new(&operation_operation_id_url_safe::RULE, include_str!("operation_operation_id_url_safe.rs")),
    Entry::new(&operation_parameters_unique::RULE, include_str!("operation_parameters_unique.rs")),
    Entry::new(&operation_singular_tag::RULE, include_str!("operation_singular_tag.rs")),
    Entry::new(&operation_summary::RULE, include_str!("operation_summary.rs")),
    Entry::new(&operation_tag_defined::RULE, include_str!("operation_tag_defined.rs")),
    Entry::new(&operation_tags::RULE, include_str!("operation_tags.rs")),
    Entry::new(&p256_key_pattern::RULE, include_str!("p256_key_pattern.rs")),
    Entry::new(&pagination_envelope_has_data::RULE, include_str!("pagination_envelope_has_data.rs")),
    Entry::new(&pagination_envelope_has_has_more::RULE, include_str!("pagination_envelope_has_has_more.rs")),
    Entry::new(&parameter_description::RULE, include_str!("parameter_description.rs")),
    Entry::new(&path_declaration_must_exist::RULE, include_str!("path_declaration_must_exist.rs")),
    Entry::new(&path_not_include_query::RULE, include_str!("path_not_include_query.rs")),
    Entry::new(&path_parameters_defined::RULE, include_str!("path_parameters_defined.rs")),
    Entry::new(&path_params_camel_case::RULE, include_str!("path_params_camel_case.rs")),
    Entry::new(&paths_kebab_case::RULE, include_str!("paths_kebab_case.rs")),
    Entry::new(&prose_endpoint_exists::RULE, include_str!("prose_endpoint_exists.rs")),
    Entry::new(&prose_error_code_declared::RULE, include_str!("prose_error_code_declared.rs")),
    Entry::new(&prose_status_documented::RULE, include_str!("prose_status_documented.rs")),
    Entry::new(&prose_vs_schema::RULE, include_str!("prose_vs_schema.rs")),
    Entry::new(&query_params_camel_case::RULE, include_str!("query_params_camel_case.rs")),
    Entry::new(&redundant_length::RULE, include_str!("redundant_length.rs")),
    Entry::new(&resource_id_is_id::RULE, include_str!("resource_id_is_id.rs")),
    Entry::new(&router_conflict::RULE, include_str!("router_conflict.rs")),
    Entry::new(&schema_properties_have_descriptions::RULE, include_str!("schema_properties_have_descriptions.rs")),
    Entry::new(&schema_properties_have_examples::RULE, include_str!("schema_properties_have_examples.rs")),
    Entry::new(&security_defined::RULE, include_str!("security_defined.rs")),
    Entry::new(&security_scopes_defined::RULE, include_str!("security_scopes_defined.rs")),
    Entry::new(&signed_retry_pair::RULE, include_str!("signed_retry_pair.rs")),
    Entry::new(&spec_components_invalid_map_name::RULE, include_str!("spec_components_invalid_map_name.rs")),
    Entry::new(&spec_ref_siblings::RULE, include_str!("spec_ref_siblings.rs")),
    Entry::new(&structure::RULE, include_str!("structure.rs")),
    Entry::new(&tag_description::RULE, include_str!("tag_description.rs")),
    Entry::new(&tags_alphabetical::RULE, include_str!("tags_alphabetical.rs")),
    Entry::new(&unauthorized_names_triggers::RULE, include_str!("unauthorized_names_triggers.rs")),
    Entry::new(&union_family_parity::RULE, include_str!("union_family_parity.rs")),
    Entry::new(&union_mapping_members::RULE, include_str!("union_mapping_members.rs")),
    Entry::new(&union_member_title::RULE, include_str!("union_member_title.rs")),
    Entry::new(&unique_schema_title::RULE, include_str!("unique_schema_title.rs")),
    Entry::new(&version_matches_server_path::RULE, include_str!("version_matches_server_path.rs")),
];
