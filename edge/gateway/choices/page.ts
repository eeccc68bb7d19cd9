/** `/choices` for a person with a browser: what the sensors here do, and how not to be part of it. Plain HTML, without script. */
import type { ChoiceOffer } from '../../policy/choices/offer.ts';

export function pageOf({ signals, pauses, optIns }: ChoiceOffer): string {
  const minutes = Math.round(pauses.lastsMs / 60_000);
  const asking = Object.entries(optIns).map(
    ([name, { purpose, notice, uses }]) =>
      `<li><b>${escaped(name)}</b>: ${escaped(uses.join(', '))}, ${escaped(purpose)}. <a href="${escaped(notice)}" rel="noreferrer">${escaped(notice)}</a></li>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sensors here · 이곳의 센서</title>
<link rel="stylesheet" href="/app.css">
</head>
<body>
<main>
<h1>Sensors here · 이곳의 센서</h1>
<p>They count. Who you are does not leave this box. What is below needs no login, and who is left out leaves no record.</p>
<p lang="ko">센서는 수만 셉니다. 누구인지는 이 장치 밖으로 나가지 않습니다. 아래 선택에는 로그인이 필요 없고, 빠지겠다는 선택은 기록을 남기지 않습니다.</p>
<h2>Be left out · 빠지기</h2>
<ul>
<li>Wi-Fi: name your network <code>${signals.networkNames.map(escaped).join('</code> or <code>')}</code>. <span lang="ko">와이파이 이름을 이렇게 지으면 세지 않습니다.</span></li>
<li>Bluetooth: an app that advertises the service <code>${escaped(signals.bleService)}</code>; it is the same for everybody. <span lang="ko">모두가 같은 이 신호를 내보내는 앱을 쓰면 세지 않습니다.</span></li>
<li>Vehicles: ask the city’s desk. The list it keeps can’t show that you are on it. <span lang="ko">차량은 시 창구에 신청하세요. 목록을 보아도 신청했는지 알 수 없습니다.</span></li>
<li>For ${minutes} minutes, with a token of the city’s app: ${pauses.zones.map(escaped).join(', ')}. <span lang="ko">시 앱의 토큰으로 ${minutes}분 동안 멈출 수 있습니다.</span></li>
</ul>
<h2>Agree · 동의하기</h2>
${asking.length === 0 ? '<p>Nothing here asks for your consent. <span lang="ko">이곳에는 동의를 구하는 센서가 없습니다.</span></p>' : `<p>With the city’s app, for a day; you may withdraw at any time. <span lang="ko">시 앱에서 하루 동안 동의하며, 언제든 철회할 수 있습니다.</span></p>\n<ul>${asking.join('\n')}</ul>`}
</main>
</body>
</html>
`;
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
