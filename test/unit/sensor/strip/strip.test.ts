/**
 * Goal: each family of identifiers is found and called what it is, in the forms people write, and ordinary notes of sensors stay as they are.
 * Method: a table of texts with the output that is expected, all values made up or from public documentation.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../../edge/base/errors.ts';
import { TEXT_UNITS_MAX } from '../../../../edge/sensor/strip/span.ts';
import { stripText } from '../../../../edge/sensor/strip/strip.ts';

const EXPECTED: Record<string, Record<string, string>> = {
  Korea: {
    'RRN 960121-1234567 확인': 'RRN [kr-rrn] 확인',
    '주민번호 960121-1******': '주민번호 [kr-rrn]',
    '외국인 9111245678901': '외국인 [kr-rrn]',
    '여권번호 M123A4567': '여권번호 [national-id]',
    '운전면허 11-22-123456-12': '운전면허 [national-id]',
    '사업자 104-86-56659': '사업자 [national-id]',
    '12가3456 차량이 이중주차 중': '[plate] 차량이 이중주차 중',
    '서울 32 바 1234': '[plate]',
    '123가4567 출차': '[plate] 출차',
    '연락처 010-1234-5678 입니다': '연락처 [phone] 입니다',
    '번호는02)123-4567이에요': '번호는[phone]이에요',
    '공일공 일이삼사 오육칠팔': '[phone]',
    '공일공에 1234에 5678': '[phone]',
    'o1o-1234-5678': '[phone]',
    '010~1234~5678': '[phone]',
    '택시 충북 7바 4821 승차거부': '택시 [plate] 승차거부',
    '오토바이 서울 강남 가 1234': '오토바이 [plate]',
    '임시번호판 임 3104 차량': '임시번호판 [plate] 차량',
    '12가3456 회색 쏘나타': '[plate] 회색 쏘나타',
    '12가 3456 명의자 개인택시': '[plate] 명의자 개인택시',
    '제12가3456 차요': '제[plate] 차요',
    '담당자 배정현': '담당자 [name]',
    '신청자 지정훈': '신청자 [name]',
    '센서 담당자: 홍길동': '센서 담당자: [name]',
    '장금순(78세, 여) 실종': '[name]([age]세, 여) 실종',
    '입금자명 선우진': '입금자명 [name]',
    '요청자=윤지아;동=102': '요청자=[name];동=102',
    '담당 주무관 구자현, 내선 3412': '담당 주무관 [name], 내선 [phone]',
    'QR 출입: 서이안/010-1234-5678': 'QR 출입: [name]/[phone]',
    '[이준호] [오전 10:12] 네': '[[name]] [오전 10:12] 네',
    '지우의 Galaxy Buds2 감지': '[device-id] 감지',
    '생년월일이요? 87년 3월 14일이요': '생년월일이요? [date-of-birth]이요',
    'LPR 4나 8812 (오인식 가능)': 'LPR [plate] (오인식 가능)',
    '담당자 부재중, 010-1234-5678로 회신': '담당자 부재중, [phone]로 회신',
    '이름: 홍길동': '이름: [name]',
    '홍길동님께서 신고': '[name]님께서 신고',
    '담당자 김철수 과장님': '담당자 [name]과장님',
    '서울특별시 중구 세종대로 110 101동 1203호': '[address]',
    '생년월일 990101': '생년월일 [date-of-birth]',
    '계좌번호 국민은행 123456-78-901234': '계좌번호 국민은행 [bank-account]',
    '비밀번호는 abcd1234!': '비밀번호는 [credential]',
    '위도 37.5665 경도 126.978': '위도 [location] 경도 [location]',
  },
  'telephone numbers': {
    'call +44 (20) 7123 4567 now': 'call [phone] now',
    '+82 (0)10 1234 5678': '[phone]',
    '(415) 555-0132': '[phone]',
    '001-420-335-7509x38548': '[phone]',
    'tel 986.291.2294x751': 'tel [phone]',
    'call zero one zero one two three four five six seven eight': 'call [phone]',
  },
  'mail, hosts and links': {
    'john.smith@example.com': '[email]',
    'john (at) example (dot) com': '[email]',
    'john.smith at gmail dot com': '[email]',
    'Antwort an jan ät web Punkt de bitte': 'Antwort an [email] bitte',
    'lucia arroba correo punto es': '[email]',
    'marie(arobase)laposte.net': '[email]',
    'giulia chiocciola libero punto it': '[email]',
    'marek małpa wp kropka pl': '[email]',
    'joost apenstaartje gmail punt com': '[email]',
    'minsu 골뱅이 네이버 닷컴': '[email]',
    'https://user:pass@host.example/path?id=42': '[url]',
    'see www.example.org/u/7 please': 'see [url] please',
    '@gildong_h on telegram': '[account] on telegram',
    'from 192.168.1.10 to 2001:db8::1.': 'from [ip-address] to [ip-address].',
    'Subnet 10.0.0.0/8': 'Subnet [ip-address]',
    '00-1A-2B-3C-4D-5E': '[mac-address]',
    '70-B3-D5-7E-D0-00-12-34': '[mac-address]',
    'aabb.ccdd.eeff': '[mac-address]',
    'mac aabbccddeeff': 'mac [mac-address]',
  },
  'money and devices': {
    'card 4111 1111 1111 1111': 'card [payment-card]',
    'DE89 3704 0044 0532 0130 00': '[bank-account]',
    'IMEI 490154203237518': 'IMEI [imei]',
    'devEui 70B3D57ED0001234': 'devEui [device-id]',
    '550e8400-e29b-41d4-a716-446655440000': '[device-id]',
    'vin 1HGCM82633A004352': 'vin [device-id]',
    'SSID: Gildong_iPhone': 'SSID: [device-id]',
    'password: hunter2': 'password: [credential]',
    'WLAN-Passwort lautet Sommer!Regen99': 'WLAN-Passwort lautet [credential]',
    'Passwort fürs WLAN: Rathaus_2026': 'Passwort fürs WLAN: [credential]',
    'mot de passe wifi : Chaton2024!': 'mot de passe wifi : [credential]',
    'contraseña Donosti.88': 'contraseña [credential]',
    'hasło do wifi Kotek_1999': 'hasło do wifi [credential]',
    'gate code 4471#': 'gate code [credential]',
    'Authorization: Bearer abcdefghijklmnop': 'Authorization: [credential]',
    bc1p5d7rjq7g6rdk2yhzks9smlaqtedr4dekq08ge8ztwac72sfr9rusxg3297: '[crypto-address]',
  },
  'national numbers': {
    'SSN 078-05-1120': 'SSN [national-id]',
    'nino AB 12 34 56 C': 'nino [national-id]',
    'NIE X9613851N': 'NIE [national-id]',
    'pesel 44051401458': 'pesel [national-id]',
    'hetu 131052-308T': 'hetu [national-id]',
    'codice AAAAAA00B11C333N': 'codice [national-id]',
    'Aadhaar 3998 7654 3211': 'Aadhaar [national-id]',
  },
  plates: {
    'AB51 ABC': '[plate]',
    'B-AB 1234': '[plate]',
    'AB-123-CD': '[plate]',
    '1234 BCD': '[plate]',
    '7ABC123': '[plate]',
    'my plate is abc 1234': 'my plate is [plate]',
    'Falschparker HRO–A 404': 'Falschparker [plate]',
    'Einfahrt 3: fr-g 618 abgewiesen': 'Einfahrt 3: [plate] abgewiesen',
    'camionnette 4821 XK 69': 'camionnette [plate]',
    'coche m-2700-gf en doble fila': 'coche [plate] en doble fila',
    'la Panda GC 049 MJ blocca il passo': 'la Panda [plate] blocca il passo',
    'targa kt101yv': 'targa [plate]',
    'samochód WPI 4C21 parkuje': 'samochód [plate] parkuje',
    'kenteken 12-xkl-4': 'kenteken [plate]',
    '{"nrRej":"KR 8K204","pas":2}': '{"nrRej":"[plate]","pas":2}',
    '{"refVehicle":"AB-481 K"}': '{"refVehicle":"[plate]"}',
    'License plate California 7KXL482': 'License plate [plate]',
    京A12345: '[plate]',
  },
  places: {
    'at 37.5665, 126.9780 now': 'at [location] now',
    '37°33\'59"N 126°58\'41"E': '[location]',
    'geo:37.5665,126.9780': '[location]',
    'Breite 48,7758 Länge 9,1829': '[location] [location]',
    'hier 48,77581; 9,18293': 'hier [location]',
    'w3w ///filled.count.soap today': 'w3w [location] today',
    'Geohash: gcpvjqduq.': 'Geohash: [location].',
    '18 bis rue des Tanneurs, Lyon': '[address]',
    'bei Am Kirchberg 7a nicht geleert': 'bei [address] nicht geleert',
    'mieszka 30-059 Kraków': 'mieszka [address]',
    '50 36 59.1 N 126 55 10.4 E': '[location]',
    '51º06\'8"N 128º23\'27"E': '[location]',
    'Her office is at 230 Wit Road, Suite 246.': 'Her office is at [address].',
    'postcode EC2A 1NT please': 'postcode [address] please',
    'Frau Müller wohnt in der Gartenstr. 5': '[name] in [address]',
  },
  'names, dates and ages': {
    'driver: Kim Min-su': 'driver: [name]',
    'patient=Jane Doe;dob=1980-02-03': 'patient=[name];dob=[date-of-birth]',
    'My name is anneli and I wait.': 'My name is [name] and I wait.',
    'Please ask Mr. Fernandez about it.': 'Please ask Mr. [name] about it.',
    'We saw Halldórsson near the gate.': 'We saw [name] near the gate.',
    '名前: 山田太郎': '名前: [name]',
    'Imię i nazwisko: Anna Nowak-Zielińska': 'Imię i nazwisko: [name]',
    'Project manager: Nil Patel': 'Project manager: [name]',
    'display_name=Camila Ruiz': 'display_name=[name]',
    'Reporter: Anna Müller: lamp out': 'Reporter: [name]: lamp out',
    'name: unknown': 'name: unknown',
    'Zgłaszający: Łukasz Żak, tel. +48 602 360 464': 'Zgłaszający: [name], tel. [phone]',
    'Demandeuse : Élodie Bernard': 'Demandeuse : [name]',
    'Richiedente: Niccolò Bianchi': 'Richiedente: [name]',
    'Solicitante: Ana Belén Ruiz': 'Solicitante: [name]',
    'Contactpersoon: Sanne van den Berg': 'Contactpersoon: [name]',
    'mi abuela Consuelo Rentería se cayó en la acera': 'mi abuela [name] se cayó en la acera',
    'Mon mari Karim a perdu sa carte': 'Mon mari [name] a perdu sa carte',
    'il custode Gennaro Esposito ha le chiavi': 'il custode [name] ha le chiavi',
    'pan Zdzisław Grzelak spod piątki hałasuje': 'pan [name] spod piątki hałasuje',
    'Meine Tochter Leonie hat ihren Roller vergessen': 'Meine Tochter [name] hat ihren Roller vergessen',
    'Nachbar Schlüter lässt Hund ohne Leine laufen': '[name] lässt Hund ohne Leine laufen',
    'Rappeler Bastien au sujet du bruit': '[name] au sujet du bruit',
    'cc: Tunde Bakare <tunde@bakare.example>': 'cc: [name] <[email]>',
    '連絡先 佐藤様': '連絡先 [name]様',
    'nato il 2 maggio 1965 a Bari': 'nato il [date-of-birth] a Bari',
    'urodzony 7 lipca 1954': 'urodzony [date-of-birth]',
    'since 29 March 2017 it works': 'since [date] it works',
    'a 35-year-old man fell': 'a [age]-year-old man fell',
  },
  'numbers of unknown kind': {
    'ref 1234567': 'ref [number]',
    'code Q7X-44821-3': 'code [number]',
  },
};

for (const [family, texts] of Object.entries(EXPECTED))
  test(`finds ${family}`, () => {
    for (const [text, expected] of Object.entries(texts)) assert.equal(stripText(text).text, expected, text);
  });

test('leaves ordinary notes of sensors and of people about them', () => {
  const notes = [
    'Gateway 12 at the north entrance reported low battery, replaced by the night shift.',
    'Noise level 63 dB, temperature 21.5 C, humidity 40 %, 132 people counted between 10:00 and 10:15.',
    'PM2.5 35 ug/m3, PM10 80, CO2 412 ppm, pressure 1013.25 hPa',
    'Firmware 1.2.3 installed on node 14, RSSI -97 dBm, SNR 7.5, SF12, battery 3.61 V.',
    '12:00 103 cars, 12:15 98 cars; v2.13.0-rc1 deployed at 21:40, police arrived at 21:45',
    'energy: 12345678 Wh, uptime 86400 s, 1,234,567 packets',
    'Bin 7 is 80 % full. Please empty it before Friday.',
    'I think the WiFi is down again. Can someone check the LoRaWAN gateway?',
    '가로등 44번이 깜박입니다. 점검 바랍니다.',
    '소음 63dB, 10시 15분 기준 유동인구 132명',
    '앞으로 25분 뒤 버스가 도착합니다. 3월 점검 예정.',
    '선생님께 문의하세요. 기사님 수고하셨습니다.',
  ];
  for (const note of notes) assert.deepEqual(stripText(note), { text: note, spans: [] });
});

test('leaves harmless notes of other languages, of versions, sizes and things with a name', () => {
  const notes = [
    'Kennzeichenerkennung gestört',
    'Rückruf erbeten',
    'Falschparker blockiert die Feuerwehrzufahrt!',
    'Lectura dudosa de la matrícula',
    'Llámeme por favor',
    'Proszę o telefon',
    'Rappelez-moi svp',
    '이름표가 떨어졌어요',
    '지하주차장 누수 심함',
    '어린이집 차량 기사 교육',
    '센서 교체 기사 전화로 일정 잡음',
    '{"type":"ParkingSpot","status":{"value":"free"}}',
    '{"type":"NoiseLevelObserved","LAeq":{"value":58.7}}',
    'zigbee2mqtt/door-3 {"contact":false,"voltage":3015}',
    'modal split: car 41 %, foot 13 %',
    '담당자 배정 요청',
    '12호 1234톤 입항',
    'Firmware version 3.1.0.12 on gateway',
    'section 10.2.3.4 describes it',
    'uptime 15:58, load 0.07 0.02 0.00',
    'ratio 16:9, 1920x1080',
    'ISO 27001:2022 audit',
    '영업시간 09:00~18:00',
    'BLE adv name=unknown tx=4',
    'name: sensor-12',
    'LAeq 61.2 L10 64.0, 868.1 MHz',
  ];
  for (const note of notes) assert.deepEqual(stripText(note), { text: note, spans: [] });
});

test('covers names in notes of other languages, also those that are words of a third', () => {
  for (const surname of 'Müller Keller Das Su Im Ho Lo Dalla Bürger Strada Zimmer Nachbar Brücke Rossi Żak Wójcik Ruiz'.split(
    ' ',
  ))
    for (const note of [
      'Fahrer: #',
      'Gestern hat Frau # telefoniert',
      'Conducteur : #',
      'Melder Herr # bittet um Rückruf',
    ])
      assert.ok(!stripText(note.replace('#', surname)).text.includes(surname), `${note} ${surname}`);
});

test('gives offsets in UTF-16 code units of the input', () => {
  const text = '😀 call ０１０-1234-5678';
  assert.deepEqual(stripText(text).spans, [{ start: 8, end: 21, category: 'phone' }]);
});

test('unites overlapping finds under the category that tells most', () => {
  assert.deepEqual(stripText('https://h.example/a?mail=a@b.example').spans, [{ start: 0, end: 36, category: 'url' }]);
});

test('refuses a text that is too long, without quoting it', () => {
  const secret = '010-1234-5678';
  assert.throws(
    () => stripText(secret.padEnd(TEXT_UNITS_MAX + 1)),
    (error) => error instanceof UserError && !error.message.includes(secret),
  );
});
