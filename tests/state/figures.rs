use std::sync::Arc; use std::time::Instant;
use gatelet_aws::clock::SystemClock; use gatelet_control::deploy::*; use gatelet_core::ports::*;
use gatelet_local::store::*; use gatelet_model::rest::*; use gatelet_model::*;
use crate::fixture::*;
const WORDS: &[&str] = &["order","customer","invoice","payment","shipment","address","product","price","discount","session","token","account","status","created","updated","identifier","currency","quantity","warehouse","supplier","region","contact","email","telephone","category","review","rating","basket","voucher","refund"];
fn large(bytes: usize) -> Api {
    let mut s = 0x1234_5678_9abc_def1_u64; let mut n = move || { s ^= s<<13; s ^= s>>7; s ^= s<<17; s };
    let mut word = move || { let v = n(); if v % 5 == 0 { format!("{}{}", WORDS[(v>>40) as usize % WORDS.len()], (v>>20) % 1000) } else { WORDS[(v>>40) as usize % WORDS.len()].to_owned() } };
    let mut parts = RestApiParts::new(pets(), "large"); let mut size = 0; let mut i = 0;
    while size < bytes {
        let mut t = String::from("#set($in = $input.path('$'))\n{\n"); for _ in 0..20 { let (a,b)=(word(),word()); t += &format!("  \"{a}\": \"$util.escapeJavaScript($in.{b}.{})\",\n", word()); } t += "}";
        let mut integration = Integration::new(IntegrationType::Http); integration.uri = Some(format!("https://{}.example.com/{}/{}", word(), word(), word()));
        integration.request_templates.insert("application/json".into(), t.clone());
        for st in ["200","400","500"] { integration.responses.push(IntegrationResponse{ selection_pattern: (st!="200").then(|| format!("{}\\d{{2}}", &st[..1])), status_code: Some(StatusCode::parse(st).unwrap()), response_parameters: Default::default(), response_templates: [("application/json".to_owned(), format!("{{\"{}\": $input.json('$.{}')}}", word(), word()))].into(), content_handling: None }); }
        let mut method = Method { integration: Some(integration), ..Method::default() };
        for _ in 0..3 { method.request_parameters.insert(format!("method.request.querystring.{}", word()), true); }
        for st in ["200","400","500"] { method.responses.push(MethodResponse{ status_code: StatusCode::parse(st).unwrap(), parameters: Default::default(), models: [("application/json".to_owned(), ModelName::parse("Empty").unwrap())].into() }); }
        let r = Resource { id: PartId::parse(&format!("r{i}")).unwrap(), path: PathTemplate::parse(&format!("/{}/{}{i}/{{id}}", word(), word())).unwrap(), methods: [(MethodKey::parse("GET").unwrap(), method)].into() };
        size += serde_json::to_vec(&r).unwrap().len(); parts.resources.push(r); i += 1;
    }
    Api::Rest(RestApi::new(parts).unwrap())
}
#[tokio::test(flavor = "multi_thread")] #[ignore]
async fn figures() {
    let api6 = large(6_000_000);
    let bytes = gatelet_control::identity::stored_form(&api6).unwrap(); std::fs::write("/tmp/six.json", &bytes).unwrap();
    println!("stored form {} bytes, resources {}", bytes.len(), match &api6 { Api::Rest(a) => a.resources.len(), _ => 0 });
    let dir = tempfile::tempdir_in("/work").unwrap(); let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    for (name, state) in [("file", StateOption::Directory(dir.path().to_owned())), ("memory", StateOption::Memory)] {
        let t = Instant::now(); let store = Store::open(state).await.unwrap(); let d = store.definitions(scope(), clock.clone()).await.unwrap(); println!("{name}: open with table {:?}", t.elapsed());
        let dl = clock.now().after(SOON);
        let mut v = Vec::new(); for i in 0..60 { let a = api_with_noise(&i.to_string(), 2000); let t = Instant::now(); deploy(d.table(), a, stage("dev"), None, dl).await.unwrap(); v.push(t.elapsed()); } v.sort(); println!("{name}: small deploy median {:?} max {:?}", v[30], v[59]);
        let mut v = Vec::new(); for _ in 0..60 { let a = api_with_noise("59", 2000); let t = Instant::now(); deploy(d.table(), a, stage("dev"), None, dl).await.unwrap(); v.push(t.elapsed()); } v.sort(); println!("{name}: unchanged deploy median {:?}", v[30]);
        let dom = |n: usize| DomainName { name: Domain::parse(&format!("a{n}.example.com")).unwrap(), endpoint_type: EndpointType::Regional, certificate_arn: None, security_policy: None, mutual_tls: None, routing_mode: RoutingMode::ApiMappingOnly, mappings: vec![], routing_rules: vec![], tags: Default::default() };
        let mut v = Vec::new(); for i in 0..60 { let t = Instant::now(); d.table().put_domain(&dom(i), dl).await.unwrap(); v.push(t.elapsed()); } v.sort(); println!("{name}: one update median {:?} max {:?}", v[30], v[59]);
        let mut v = Vec::new(); for _ in 0..60 { let t = Instant::now(); d.table().stage_pointer(&pets(), &stage_name("dev"), dl).await.unwrap(); v.push(t.elapsed()); } v.sort(); println!("{name}: one get median {:?}", v[30]);
        let mut v = Vec::new(); for _ in 0..60 { let t = Instant::now(); d.refresh(&pets(), dl).await.unwrap(); v.push(t.elapsed()); } v.sort(); println!("{name}: refresh unchanged median {:?}", v[30]);
        let t = Instant::now(); for _ in 0..100_000 { d.published(&pets(), dl).await.unwrap(); } println!("{name}: published from memory {:?} each", t.elapsed()/100_000);
        let t = Instant::now(); deploy(d.table(), api6.clone(), stage("dev"), None, dl).await.unwrap(); println!("{name}: deploy 6 MB {:?}", t.elapsed());
        let t = Instant::now(); deploy(d.table(), api6.clone(), stage("dev"), None, dl).await.unwrap(); println!("{name}: the same again {:?}", t.elapsed());
        let cold = store.definitions(scope(), clock.clone()).await.unwrap(); let t = Instant::now(); cold.published(&pets(), dl).await.unwrap(); println!("{name}: cold load 6 MB {:?}", t.elapsed());
        let s = d.table().stage_pointer(&pets(), &stage_name("dev"), dl).await.unwrap().unwrap(); let t = Instant::now(); let sd = d.table().deployment(&pets(), &s.deployment_id, dl).await.unwrap().unwrap(); let a = t.elapsed(); let t = Instant::now(); let dep = sd.open().unwrap(); let b = t.elapsed(); let t = Instant::now(); let _x = gatelet_core::snapshot::StageSnapshot::compile(&dep, &s); println!("  read+gunzip {a:?} open {b:?} compile {:?}", t.elapsed());
    }
}
