import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { browser } from './browser/run.mjs'
import { findExecutable, temporaryFolder, versionOf } from './processes.mjs'

/** Nothing but the page is loaded. */
const preferences = {
  'app.normandy.enabled': false,
  'app.update.enabled': false,
  'browser.aboutwelcome.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'http://localhost:1',
  'toolkit.telemetry.enabled': false,
}

export default browser({
  name: 'firefox',
  title: 'Firefox',
  find() {
    const executable = findExecutable('firefox-esr', 'firefox')
    return executable && { executable, version: versionOf(executable).match(/\d+(\.\d+)+\w*/)?.[0] ?? '' }
  },
  missing: 'apt-get install firefox-esr',
  command({ executable }, address) {
    const profile = temporaryFolder()
    const lines = Object.entries(preferences).map(
      (entry) => `user_pref(${entry.map((part) => JSON.stringify(part))});`,
    )
    writeFileSync(join(profile, 'user.js'), lines.join('\n'))
    return {
      executable,
      args: ['--headless', '--no-remote', '--profile', profile, address],
      env: { HOME: profile, MOZ_CRASHREPORTER_DISABLE: '1' },
    }
  },
})
