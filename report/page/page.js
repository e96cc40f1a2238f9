
'use strict';
(() => {
  const root = document.documentElement;
  const box = document.getElementById('filter');
  const shown = document.getElementById('shown');
  const severities = [...document.querySelectorAll('input[name=severity]')];
  const lists = [...document.querySelectorAll('table.list')].map(listOf);
  root.classList.add('js');

  // A list is a table that can be filtered, sorted, and shown in part: its first rows, until asked for all.
  function listOf(table) {
    const body = table.tBodies[0];
    const list = { rows: [...body.rows], limit: Number(table.dataset.rows) || Infinity, all: false };
    for (const row of list.rows) {
      const titles = [...row.querySelectorAll('[title]')].map((e) => e.title);
      row.text = [row.textContent, ...titles].join(' ').toLowerCase();
    }
    for (const button of table.tHead.querySelectorAll('button')) {
      button.addEventListener('click', () => sort(list, body, button.closest('th')));
    }
    list.note = document.createElement('p');
    list.note.className = 'rows';
    list.count = list.note.appendChild(document.createElement('span'));
    list.more = list.note.appendChild(document.createElement('button'));
    list.more.type = 'button';
    list.more.addEventListener('click', () => { list.all = !list.all; show(list); });
    table.parentElement.after(list.note);
    return list;
  }

  // Numbers start with the most, texts with the first. Rows that are equal keep their order.
  function sort(list, body, head) {
    const column = head.cellIndex;
    const value = (row) => row.cells[column].dataset.v ?? row.cells[column].textContent;
    const numbers = list.rows.some((row) => 'v' in row.cells[column].dataset);
    const was = head.getAttribute('aria-sort');
    const down = was ? was === 'ascending' : numbers;
    const compare = numbers
      ? (a, b) => (Number(a) || 0) - (Number(b) || 0)
      : (a, b) => a.localeCompare(b, 'en', { numeric: true });
    list.rows.sort((a, b) => (down ? compare(value(b), value(a)) : compare(value(a), value(b))));
    for (const other of head.parentElement.cells) other.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    body.append(...list.rows);
    show(list);
  }

  function show(list) {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    const hidden = new Set(severities.filter((s) => !s.checked).map((s) => s.value));
    list.matching = 0;
    for (const row of list.rows) {
      const matches = words.every((word) => row.text.includes(word)) && !hidden.has(row.dataset.severity);
      if (matches) list.matching++;
      row.hidden = !matches || (!list.all && list.matching > list.limit);
    }
    const visible = list.all ? list.matching : Math.min(list.matching, list.limit);
    list.count.textContent = list.matching === list.rows.length
      ? `${visible} of ${list.rows.length} rows shown.`
      : `${list.matching} of ${list.rows.length} rows match${visible < list.matching ? `, ${visible} shown` : ''}.`;
    list.more.hidden = list.matching <= list.limit;
    list.more.textContent = list.all ? `Show ${list.limit}` : `Show all ${list.matching}`;
    list.more.setAttribute('aria-expanded', list.all);
    list.note.hidden = list.rows.length <= list.limit && list.matching === list.rows.length;
  }

  function showAll() {
    lists.forEach(show);
    const matching = lists.reduce((sum, list) => sum + list.matching, 0);
    shown.textContent = box.value.trim() ? `${matching} ${matching === 1 ? 'row matches' : 'rows match'}` : '';
  }

  function isDark() {
    return (root.dataset.theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
  }

  const theme = document.getElementById('theme');
  const nameTheme = () => { theme.textContent = isDark() ? 'Light' : 'Dark'; };
  theme.addEventListener('click', () => { root.dataset.theme = isDark() ? 'light' : 'dark'; nameTheme(); });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', nameTheme);
  document.getElementById('print').addEventListener('click', () => print());
  addEventListener('beforeprint', () => { for (const e of document.querySelectorAll('#days details')) e.open = true; });
  box.addEventListener('input', showAll);
  severities.forEach((s) => s.addEventListener('change', showAll));
  document.addEventListener('keydown', (event) => {
    if (event.key === '/' && document.activeElement !== box) { event.preventDefault(); box.focus(); }
    if (event.key === 'Escape' && document.activeElement === box) { box.value = ''; showAll(); }
  });
  nameTheme();
  showAll();
})();
