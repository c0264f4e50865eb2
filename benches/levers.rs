//! temp
#[path = "../tests/it/support/mod.rs"]
mod support;
use support::*;
use whisper_rs::*;
use std::time::Instant;
fn pick(lang:&str)->Vec<clips::Clip>{ clips::clips(lang).unwrap() }
struct W{state:WhisperState,c:WhisperContext}
struct Seg{s:i64,e:i64,nsp:f32,toks:Vec<(Vec<u8>,i64,i64,i64,f32)>}
impl W{ fn fresh(&mut self){ self.state=self.c.create_state().unwrap(); } fn hear(&mut self,pcm:&[f32],lang:&'static str,beam:i32,ctx:i32,tt:bool)->(Vec<Seg>,f64){
 let mut p=FullParams::new(if beam>1 {SamplingStrategy::BeamSearch{beam_size:beam,patience:-1.0}} else {SamplingStrategy::Greedy{best_of:5}});
 p.set_n_threads(1);p.set_language(Some(lang));p.set_print_progress(false);p.set_print_realtime(false);p.set_print_timestamps(false);p.set_no_context(true);
 p.set_audio_ctx(ctx); p.set_token_timestamps(tt);
 let mut v=pcm.to_vec(); v.resize(v.len().max(19200),0.0);
 let t=Instant::now(); self.state.full(p,&v).unwrap(); let el=t.elapsed().as_secs_f64();
 (self.state.as_iter().map(|s|{ let mut toks=vec![]; for i in 0..s.n_tokens(){let k=s.get_token(i).unwrap(); let b=k.to_bytes().unwrap().to_vec(); if b.starts_with(b"[_")||b.starts_with(b"<|"){continue;} let d=k.token_data(); toks.push((b,d.t0,d.t1,d.t_dtw,d.p));} Seg{s:s.start_timestamp(),e:s.end_timestamp(),nsp:s.no_speech_probability(),toks}}).collect(),el)}}
fn text(s:&[Seg])->String{ let mut b=vec![]; for x in s{ for t in &x.toks{b.extend_from_slice(&t.0);} b.push(b' ');} String::from_utf8_lossy(&b).into_owned()}
fn load(dtw:bool)->W{ install_logging_hooks(); let mut cp=WhisperContextParameters::default(); cp.use_gpu(false); cp.flash_attn(false);
 if dtw{cp.dtw_parameters(DtwParameters{mode:DtwMode::ModelPreset{model_preset:DtwModelPreset::Base},..Default::default()});}
 let c=WhisperContext::new_with_params(concat!(env!("CARGO_MANIFEST_DIR"),"/models/ggml-base-q8_0.bin"),cp).unwrap(); W{state:c.create_state().unwrap(),c}}
fn main(){ let a:Vec<String>=std::env::args().collect();
 let n:usize=a.get(2).and_then(|s|s.parse().ok()).unwrap_or(60);
 match a[1].as_str(){
 "list"=>for (l,_,_) in clips::LANGS{ let c=pick(l); let s:usize=c.iter().map(|c|c.samples().len()).sum(); let w:usize=c.iter().map(|c|words::words(&c.text,l).len()).sum(); println!("{l} {} clips {}s {w} words",c.len(),s/16000);},
 "clips"=>{ let mut w=load(false); for (l,_,_) in clips::LANGS{ let c=pick(l); let step=(c.len() as f64/n as f64).max(1.0); let mut tot=[score::Errors::default();2]; let mut time=[0.0;2];
   for i in 0..n.min(c.len()){ let c=&c[(i as f64*step) as usize]; let pcm=c.samples(); let r=words::words(&c.text,l); let mut e=vec![];
     for (k,b) in [5,1].into_iter().enumerate(){ let (s,el)=w.hear(&pcm,l,b,0,false); let h=text(&s); let x=score::word_errors(&r,&words::words(&h,l)); tot[k]=tot[k]+x; time[k]+=el; e.push((x,h)); }
     if e[0].0.wrong*4>e[0].0.words { println!("{} {l} {} {}/{} b1 {} | {} | REF {}",if e[0].0.wrong*2>e[0].0.words{"BAD"}else{"MID"},c.name,e[0].0.wrong,e[0].0.words,e[1].0.wrong,e[0].1.trim(),c.text); } }
   println!("TOTAL {l} beam5 {:.2}% {:?} {:.0}s  greedy {:.2}% {:.0}s",tot[0].percent(),tot[0],time[0],tot[1].percent(),time[1]); } }
 "ci"=>{ let mut w=load(false); let mut st=0.0; for (l,_,_) in clips::LANGS{ let c=pick(l); let step=c.len()/n; let mut tot=[score::Errors::default();3]; let mut time=[0.0;3]; for c in c.iter().step_by(step).take(n){ let pcm=c.samples(); let r=words::words(&c.text,l); let ctx=((pcm.len() as i32/320+128+63)/64*64).min(1500); let mut line=String::new(); for (k,(b,cx)) in [(1,ctx),(5,0),(5,ctx)].into_iter().enumerate(){ let c0=cpu(); w.fresh(); st+=cpu()-c0; let c0=cpu(); let (s,_)=w.hear(&pcm,l,b,cx,false); time[k]+=cpu()-c0; let h=text(&s); let x=score::word_errors(&r,&words::words(&h,l)); tot[k]=tot[k]+x; line+=&format!(" [{}] {}",x.wrong,if x.wrong>0{h.trim()}else{""}); } println!("{l} {} {} words {:.1}s {line} | {}",c.name,r.len(),pcm.len() as f64/16000.0,c.text); } println!("TOTAL {l} greedy fit128 {:.2}% {:.1} s; plain b5 full {:.2}% {:.1} s; b5 fit128 {:.2}% {:.1}s; words {} states {st:.2} s",tot[0].percent(),time[0],tot[1].percent(),time[1],tot[2].percent(),time[2],tot[0].words); } }
 "scan"=>{ let mut w=load(false); for (l,_,_) in clips::LANGS{ let c=pick(l); let mut tot=score::Errors::default(); for c in &c{ let pcm=c.samples(); let r=words::words(&c.text,l); let ctx=((pcm.len() as i32/320+128+63)/64*64).min(1500); let (s,_)=w.hear(&pcm,l,1,ctx,false); let h=text(&s); let x=score::word_errors(&r,&words::words(&h,l)); tot=tot+x; println!("{:.0}% {l} {} {}/{} {:.1}s | {} | {}",x.percent(),c.name,x.wrong,x.words,pcm.len() as f64/16000.0,h.trim(),c.text); } println!("TOTAL {l} {:.2}% {}/{}",tot.percent(),tot.wrong,tot.words); } }
 "wins"=>wins(n),
 _=>panic!()} }
fn cpu()->f64{ std::fs::read_to_string("/proc/thread-self/schedstat").unwrap().split(" ").next().unwrap().parse::<f64>().unwrap()*1e-9 }
struct T{e:score::Errors,t:f64,seg:Vec<i64>,tok:Vec<i64>,dtw:Vec<i64>,wdtw:Vec<i64>,wtok:Vec<i64>}
fn wins(secs:usize){
 let variants:[(&str,i32,i32,bool);8]=[("full b5",5,0,false),("+64 b5",5,64,false),("+128 b5",5,128,false),("+256 b5",5,256,false),("full greedy",1,0,false),("+128 greedy",1,128,false),("+256 b5 dtw",5,256,true),("full b5 tt",5,0,true)];
 let nv:usize=std::env::args().nth(3).and_then(|s|s.parse().ok()).unwrap_or(7);
 let winmax:usize=std::env::args().nth(4).and_then(|s|s.parse().ok()).unwrap_or(28);
 let gap:f64=std::env::args().nth(5).and_then(|s|s.parse().ok()).unwrap_or(0.3);
 let mut wd=load(true); let mut w=load(false);
 let mut tt:Vec<T>=variants.iter().map(|_|T{e:Default::default(),t:0.0,seg:vec![],tok:vec![],dtw:vec![],wdtw:vec![],wtok:vec![]}).collect(); let mut lang_e=vec![vec![score::Errors::default();variants.len()];5];
 let sets:Vec<Vec<clips::Clip>>=clips::LANGS.iter().map(|x|{let c=pick(x.0); let m=c.len(); (0..m).map(|i|c[(i*53)%m].clone()).collect()}).collect();
 let mut at=[0usize;5]; let mut audio=0.0;
 while audio<secs as f64 { for (li,(l,_,_)) in clips::LANGS.into_iter().enumerate(){
   let c=&sets[li]; let mut pcm=vec![0.0f32;3200]; let mut refw=vec![]; let mut ons:Vec<i64>=vec![];let mut firsts:Vec<(i64,String)>=vec![];
   while at[li]<c.len() { let k=&c[at[li]]; let s=k.samples(); if pcm.len()+s.len()>winmax*16000 && !refw.is_empty(){break;} at[li]+=1; if s.len()>29*16000{continue;}
     let st=(pcm.len()/16) as i64; let sp=onset::speech(&s); if sp.is_empty(){continue;} let (x,y)=(sp[0].start as usize*16, (sp.last().unwrap().end as usize*16).min(s.len()));
     let x0=x.saturating_sub(1600); let y0=(y+1600).min(s.len()); let off=st-(x0/16) as i64;
     for o in &sp{ons.push(off+o.start as i64);} let ws=words::words(&k.text,l); firsts.push((off+sp[0].start as i64,ws[0].clone())); refw.extend(ws); pcm.extend_from_slice(&s[x0..y0]); pcm.resize(pcm.len()+(gap*16000.0) as usize,0.0); }
   if refw.is_empty(){return;}
   audio+=pcm.len() as f64/16000.0;
   for (v,(name,beam,pad,dtw)) in variants.iter().enumerate().take(nv){ let ctx=if *pad==0{0}else{ (((pcm.len() as f64/320.0).ceil() as i32+pad+63)/64*64).min(1500)}; wd.fresh(); w.fresh(); let c0=cpu(); let (s,_)=if *dtw{wd.hear(&pcm,l,*beam,ctx,true)}else{w.hear(&pcm,l,*beam,ctx,false)};
     let r=&mut tt[v]; r.t+=cpu()-c0;
     let h=text(&s); let e=score::word_errors(&refw,&words::words(&h,l)); r.e=r.e+e; lang_e[li][v]=lang_e[li][v]+e;
     let near=|ms:i64|ons.iter().map(|o|ms-o).min_by_key(|d|d.abs()).unwrap_or(9999);
     for x in &s{ r.seg.push(near(x.s*10)); if let Some(t)=x.toks.first(){ if *dtw{r.dtw.push(near(t.3*10)); r.tok.push(near(t.1*10)); } } }
     if *dtw { for (o,fw) in &firsts { let mut best:Option<(i64,i64)>=None; for x in &s{ for t in &x.toks{ let ws=words::words(&String::from_utf8_lossy(&t.0),l); if ws.first()==Some(fw){ let d=t.3*10-o; if best.is_none_or(|b|d.abs()<b.0.abs()){best=Some((d,t.1*10-o));} } } } if let Some(b)=best && b.0.abs()<2000{ r.wdtw.push(b.0); r.wtok.push(b.1);} } }
     println!("win {l} {:.1}s ctx {ctx} {name}: {}/{} segs {} lastend {} | {}",pcm.len() as f64/16000.0,e.wrong,e.words,s.len(),s.last().map_or(0,|x|x.e*10),if e.wrong*4>e.words{h.trim()}else{""});
     let _=x_nsp(&s); }
  }
  println!("=== after {audio:.0} s of packed speech ({} s windows, gap {gap})",winmax);
  for v in 0..nv{ let per:Vec<String>=(0..5).map(|i|format!("{} {:.1}",clips::LANGS[i].0,lang_e[i][v].percent())).collect(); let r=&mut tt[v]; println!("ALL {:12} WER {:.2}% ({}/{}) cpu {:.1}s = {:.3} of audio | {}",variants[v].0,r.e.percent(),r.e.wrong,r.e.words,r.t,r.t/audio,per.join(", ")); q("segment start",&mut r.seg.clone()); q("first token t0",&mut r.tok.clone()); q("first token dtw",&mut r.dtw.clone()); q("clip's first word dtw",&mut r.wdtw.clone()); q("clip's first word t0",&mut r.wtok.clone()); } } }
fn x_nsp(s:&[Seg])->f32{s.iter().map(|s|s.nsp+ (s.toks.len() as f32)*0.0+s.toks.iter().map(|t|t.4*0.0+t.2 as f32*0.0).sum::<f32>()).sum()}
fn q(n:&str,v:&mut [i64]){ if v.is_empty(){return;} v.sort(); let med=v[v.len()/2]; let mut a:Vec<i64>=v.iter().map(|x|x.abs()).collect(); a.sort(); println!("    {n}: n {} signed median {med} |median| {} p95 {}",v.len(),a[a.len()/2],a[a.len()*95/100]); }
