//! A function that cannot serve answers all the same: one that fails to start is started again and again.

use std::io::Write;
use std::sync::{Arc, Mutex};

use gatelet_aws::definitions::PACK_FILE;
use gatelet_aws::environment::Environment;
use gatelet_core::refusal::Refusal;
use gatelet_tests::doors::{Answer, Records, invoke};
use http::StatusCode;
use router::{Reply, Router};

use crate::fixture::{NOW, at_balancer, at_url, environment};

/// What is written to the log on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn taken(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn it_answers_503_and_says_why_in_its_log() {
    let empty = tempfile::tempdir().unwrap();
    let damaged = tempfile::tempdir().unwrap();
    std::fs::write(damaged.path().join(PACK_FILE), "no pack").unwrap();
    let cases =
        [(&empty, "set `GATELET_DEFINITIONS_TABLE`"), (&damaged, "is not a file that `gatelet pack` wrote")];
    for (folder, why) in cases {
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer({
            let log = log.clone();
            move || log.clone()
        });
        let _guard = tracing::subscriber::set_default(subscriber.finish());
        let records = Records::default();
        let variables = [("LAMBDA_TASK_ROOT", folder.path().to_str().unwrap())];
        let router = Router::new(&environment(&variables), Arc::new(records.clone()));
        let said = log.taken();
        assert!(said.contains("no request can be served") && said.contains(why), "{said}");

        for event in [at_url("/dev/a"), at_balancer("/dev/a")] {
            let answer = Answer::of(invoke(&router, &event, NOW).await.unwrap()).await;
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
            assert!(!answer.header("retry-after").is_empty(), "{:?}", answer.headers);
        }
        let records = records.all();
        assert_eq!(records.len(), 2);
        let is_told = |refusal: Option<&Refusal>| matches!(refusal, Some(Refusal::DefinitionsUnavailable(told)) if told.contains(why));
        assert!(records.iter().all(|record| is_told(record.refusal())), "{records:?}");
    }
}

#[tokio::test]
async fn it_says_so_as_its_door_takes_it_whatever_else_is_wrong() {
    let variables = [("GATELET_RESPONSE_STREAMING", "true"), ("GATELET_REQUEST_LOG", "nonsense")];
    let (environment, problems) =
        Environment::read(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(problems.len(), 1, "{problems:?}");
    let router = Router::of_process(&environment, &problems);
    let reply = invoke(&router, &at_url("/dev/a"), NOW).await.unwrap();
    assert!(
        matches!(&reply, Reply::Streamed(prelude, _) if prelude.status == StatusCode::SERVICE_UNAVAILABLE)
    );
    let whole = Answer::of(invoke(&router, &at_balancer("/dev/a"), NOW).await.unwrap()).await;
    assert_eq!(whole.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn whoever_goes_around_the_edge_hears_nothing_of_it() {
    let empty = tempfile::tempdir().unwrap();
    let variables = [
        ("LAMBDA_TASK_ROOT", empty.path().to_str().unwrap()),
        ("GATELET_ORIGIN_SECRETS", "0123456789abcdef0123"),
    ];
    let router = Router::new(&environment(&variables), Arc::new(Records::default()));
    let answer = Answer::of(invoke(&router, &at_url("/dev/a"), NOW).await.unwrap()).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}
