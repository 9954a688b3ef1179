// Which project a repository belongs to: said by its name alone, so that nobody has to look it up. The column `project`
// of the metadata store's repositories says the same in SQL.

/** @param defaultProject has the repositories whose name is a single segment */
export function projectOf(repository: string, defaultProject: string): string {
  const slash = repository.indexOf("/");
  return slash === -1 ? defaultProject : repository.slice(0, slash);
}
