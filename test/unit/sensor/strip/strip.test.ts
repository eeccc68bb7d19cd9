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
    京A12345: '[plate]',
  },
  places: {
    'at 37.5665, 126.9780 now': 'at [location] now',
    '37°33\'59"N 126°58\'41"E': '[location]',
    'geo:37.5665,126.9780': '[location]',
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
