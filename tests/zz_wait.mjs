import pg from 'pg';
import {execSync} from 'child_process';
// find postgres port of bench
const ps=execSync("ps -eo args | grep 'postgres -D' | grep -v grep").toString().trim().split('\n');
const m=/-D (\S+)\/data -p (\d+)/.exec(ps[ps.length-1])||/-D (\S+).*-p (\d+)/.exec(ps[ps.length-1]);
console.log(ps[ps.length-1]);
const url=process.argv[2];
const c=new pg.Client({host:'127.0.0.1',port:+m[2],user:process.argv[3]||'postgres',database:'postgres'});
await c.connect();
const h={};let n=0;const end=Date.now()+5000;
while(Date.now()<end){const r=await c.query({name:'q',text:"select coalesce(wait_event_type||'/'||wait_event,'CPU') w, left(query,60) q, state from pg_stat_activity where backend_type='client backend' and pid<>pg_backend_pid() and state<>'idle'"});n++;
for(const x of r.rows){const k=x.state+' | '+x.w+' | '+x.q.replace(/\s+/g,' ');h[k]=(h[k]||0)+1}
await new Promise(r=>setTimeout(r,3));}
console.log(n);for(const [k,v] of Object.entries(h).sort((a,b)=>b[1]-a[1]).slice(0,30))console.log((v/n).toFixed(3),k);
await c.end();
