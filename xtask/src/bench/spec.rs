//! `cargo xtask bench spec`: `countersign-spec` beside the reference bundler and the two linters that it replaces, on
//! one tree, in one run. Every figure is a whole process: start, read, work, print, end.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};

use super::contract::{self, Edition};
use super::measure::measure;
use super::peers::{self, Peers};
use super::report::{Goal, Series, megabytes, show};
use crate::tree;

/// Time and memory of build, lint and diff beside the reference bundler and two linters
#[derive(clap::Args)]
pub(crate) struct SpecBench {
    /// How often each is run
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// How many times 800 files the tree has
    #[arg(long, default_value_t = 1.0, value_parser = scale)]
    scale: f64,
    /// Only our tools: needs no npm
    #[arg(long)]
    ours_only: bool,
    /// Leave the trees and bundles in target/bench-spec
    #[arg(long)]
    keep: bool,
    /// Fail where a goal is missed
    #[arg(long)]
    strict: bool,
}

/// How many times as large the larger tree is.
const LARGER: f64 = 4.0;

fn scale(text: &str) -> Result<f64, String> {
    // Larger trees would need more names than there are.
    text.parse().ok().filter(|scale| (0.05..=2.0).contains(scale)).ok_or_else(|| "from 0.05 to 2".to_owned())
}

/// One thing that is timed.
struct Job {
    label: String,
    program: PathBuf,
    args: Vec<OsString>,
    /// The exit code of success.
    code: i32,
    /// What it writes; removed before each run.
    output: Option<PathBuf>,
    series: Series,
}

impl Job {
    fn new(label: &str, program: &Path, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        let args = args.into_iter().map(Into::into).collect();
        let program = program.to_owned();
        Self { label: label.to_owned(), program, args, code: 0, output: None, series: Series::default() }
    }

    fn writes(mut self, path: PathBuf) -> Self {
        self.output = Some(path);
        self
    }

    fn median(&self) -> f64 {
        self.series.median()
    }

    fn run(&mut self, folder: &Path) -> Result<()> {
        if let Some(output) = self.output.as_ref().filter(|output| output.exists()) {
            fs::remove_dir_all(output).with_context(|| format!("removing {}", output.display()))?;
        }
        let cost = measure(&self.program, &self.args, folder, self.code).with_context(|| self.label.clone())?;
        self.series.add(cost);
        Ok(())
    }
}

/// Where everything lies.
struct Places {
    folder: PathBuf,
    ours: PathBuf,
}

impl Places {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn root(&self, tree: &str) -> PathBuf {
        self.folder.join(tree).join("openapi.yaml")
    }

    /// Our `build`, on one tree into one folder.
    fn build(&self, label: &str, tree: &str, out: &str, format: &str) -> Job {
        let (root, out) = (self.root(tree), self.path(out));
        let args: [OsString; 7] = [
            "build".into(),
            "--root".into(),
            root.into(),
            "--out".into(),
            out.clone().into(),
            "--format".into(),
            format.into(),
        ];
        Job::new(label, &self.ours, args).writes(out)
    }

    fn lint(&self, label: &str, tree: &str) -> Job {
        Job::new(label, &self.ours, ["lint".into(), "--root".into(), self.root(tree).into_os_string()])
    }

    /// Our `diff` of two bundles that are there already. It finds breaks, so it ends with 1.
    fn diff(&self, label: &str, base: &str, head: &str) -> Job {
        let args = ["diff".into(), self.root(base).into_os_string(), self.root(head).into_os_string()];
        Job { code: 1, ..Job::new(label, &self.ours, args) }
    }

    /// The jobs of other tools on the tree. The linter that reads no split trees gets the bundle.
    fn theirs(&self, peers: &Peers) -> [Job; 3] {
        let (root, out) = (self.root("tree-1"), self.path("out/theirs"));
        let file = out.join("openapi.yaml").into_os_string();
        let bundle = ["bundle".into(), root.clone().into_os_string(), "--output".into(), file];
        let settings = peers::settings("redocly.yaml").into_os_string();
        let lint = ["lint".into(), root.into_os_string(), "--config".into(), settings];
        let ruleset = peers::settings("spectral.yaml").into_os_string();
        let spectral = ["lint".into(), self.root("bundles/base-1").into_os_string(), "--ruleset".into(), ruleset];
        [
            Job::new("Redocly `bundle`", &peers.redocly(), bundle).writes(out),
            Job::new("Redocly `lint`", &peers.redocly(), lint),
            Job::new("Spectral `lint`, of the bundle", &peers.spectral(), spectral),
        ]
    }
}

impl SpecBench {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let ours = build_ours()?;
        let folder = tree::target().join("bench-spec");
        let peers = if self.ours_only { None } else { Some(Peers::install()?) };
        let places = Places { folder, ours };
        let files = self.prepare(&places)?;
        let mut jobs = vec![
            places.build("`build`, YAML", "tree-1", "out/yaml", "yaml"),
            places.build("`build`, YAML and JSON", "tree-1", "out/both", "yaml,json"),
            places.lint("`lint`, all rules", "tree-1"),
            places.diff("`diff`", "bundles/base-1", "bundles/head-1"),
            places.build("`build`, YAML, 4 ×", "tree-4", "out/yaml-4", "yaml"),
            places.lint("`lint`, all rules, 4 ×", "tree-4"),
            places.diff("`diff`, 4 ×", "bundles/base-4", "bundles/head-4"),
        ];
        jobs.extend(peers.iter().flat_map(|peers| places.theirs(peers)));
        // In turns, so that whatever else the machine does meets all of them.
        for round in 1..=self.runs {
            eprintln!("round {round} of {}", self.runs);
            for job in &mut jobs {
                job.run(&places.folder)?;
            }
        }
        let lines = fs::read_to_string(places.path("out/yaml/openapi.yaml"))?.lines().count();
        println!("{files} files, {lines} lines as a bundle; {}; medians of {} processes each", machine(), self.runs);
        println!("\n| | wall, median | least – most | peak memory |\n| --- | --- | --- | --- |");
        jobs.iter().for_each(|job| println!("{}", job.series.row(&job.label)));
        let goals = goals(&jobs, &places)?;
        println!("\n| goal | wanted | seen | |\n| --- | --- | --- | --- |");
        goals.iter().for_each(|goal| println!("{}", goal.row()));
        if !self.keep {
            clear(&places)?;
        }
        let is_fine = !self.strict || goals.iter().all(Goal::is_met);
        Ok(if is_fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Writes the trees and what `diff` reads of them; returns how many files the smaller tree has.
    fn prepare(&self, places: &Places) -> Result<usize> {
        clear(places)?;
        let mut files = 0;
        for (number, scale) in [("4", self.scale * LARGER), ("1", self.scale)] {
            for (name, edition, bundle) in [("tree", Edition::Base, "base"), ("head", Edition::Head, "head")] {
                let tree = format!("{name}-{number}");
                let content = contract::generate(scale, edition);
                content.write(&places.path(&tree))?;
                if edition == Edition::Base {
                    files = content.len();
                }
                places
                    .build("making a bundle", &tree, &format!("bundles/{bundle}-{number}"), "yaml")
                    .run(&places.folder)?;
            }
        }
        Ok(files)
    }
}

/// The goals, as far as what was run can tell.
fn goals(jobs: &[Job], places: &Places) -> Result<Vec<Goal>> {
    let [yaml, both, lint, diff, yaml_4, lint_4, diff_4, theirs @ ..] = jobs else { bail!("a job is missing") };
    let mut goals = Vec::new();
    if let [bundle, redocly, spectral] = theirs {
        let linters = redocly.median() + spectral.median();
        let build = "build beside the reference bundler";
        goals.push(Goal::faster(build, bundle.median(), yaml.median(), 25.0, Some(40.0)));
        goals.push(Goal::faster("lint beside both linters", linters, lint.median(), 200.0, Some(500.0)));
        goals.push(Goal::faster("lint beside Redocly's", redocly.median(), lint.median(), 20.0, None));
        let read = |path: &str| fs::read(places.path(path)).with_context(|| format!("reading {path}"));
        let same = read("out/theirs/openapi.yaml")? == read("out/yaml/openapi.yaml")?;
        goals.push(Goal::holds("the same bytes as the reference bundler", same));
    }
    goals.push(Goal::below("diff", diff.median(), 0.1, show));
    let peak = [yaml, both, lint, diff].iter().map(|job| job.series.peak()).fold(0.0, f64::max);
    goals.push(Goal::below("memory", peak, 150e6, megabytes));
    for (what, larger, smaller) in [
        ("build, 4 times the tree", yaml_4, yaml),
        ("lint, 4 times the tree", lint_4, lint),
        ("diff, 4 times the tree", diff_4, diff),
    ] {
        let grown = larger.median() / smaller.median();
        goals.push(Goal::below(what, grown, 4.5, |times| format!("{times:.2} ×")));
    }
    Ok(goals)
}

/// Builds the binary that others install.
fn build_ours() -> Result<PathBuf> {
    let status = Command::new(env!("CARGO"))
        .args(["build", "--release", "--quiet", "-p", "countersign-spec"])
        .current_dir(tree::root())
        .env_remove("CARGO_MANIFEST_DIR")
        .status()
        .context("starting cargo")?;
    if !status.success() {
        bail!("countersign-spec does not build");
    }
    Ok(tree::target().join("release/countersign-spec"))
}

/// Removes all but what was installed.
fn clear(places: &Places) -> Result<()> {
    for name in ["tree-1", "tree-4", "head-1", "head-4", "bundles", "out"] {
        let path = places.path(name);
        if path.exists() {
            fs::remove_dir_all(&path).with_context(|| format!("removing {}", path.display()))?;
        }
    }
    Ok(())
}

/// How much this machine has to do at once, and how much it has been doing.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = fs::read_to_string("/proc/loadavg").ok();
    let load = load.as_deref().and_then(|text| text.split(' ').next());
    format!("{cores} processors, load {}", load.unwrap_or("unknown"))
}
