import js from '@eslint/js'
import vue from 'eslint-plugin-vue'
import globals from 'globals'
import ts from 'typescript-eslint'

export default ts.config(
  { ignores: ['.cache/**', 'tmp/**', 'out/**', 'node_modules/**', 'dist/**', 'resources/**'] },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...vue.configs['flat/essential'],
  { files: ['**/*.vue'], languageOptions: { parserOptions: { parser: ts.parser }, globals: globals.browser } },
  { files: ['src/renderer/**/*.ts', 'test/renderer/**/*.ts'], languageOptions: { globals: globals.browser } },
  { files: ['**/*.{js,mjs,cjs}', 'src/main/**/*.ts', 'test/**/*.ts', 'scripts/**'], languageOptions: { globals: globals.node } },
  {
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'vue/multi-word-component-names': 'off',
      'max-lines': ['error', { max: 400 }],
      'no-undef': 'off',
    },
  },
  { files: ['test/**'], rules: { 'max-lines': 'off' } },
  { files: ['**/*.cjs'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
)
