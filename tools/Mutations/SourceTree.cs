namespace Nvmepf.Mutations;

/// <summary>
/// A copy of the source tree to be changed and built. What did not change since the last run is left alone, so that its build products stay good.
/// </summary>
/// <param name="source">Root of the repository.</param>
/// <param name="root">Where the copy is.</param>
internal sealed class SourceTree(string source, string root)
{
    private static readonly string[] s_folders = ["docs", "firmware", "hal", "tests", "tools"];
    private static readonly string[] s_products = ["bin", "obj"];

    /// <summary>Root of the copy.</summary>
    public string Root => root;

    /// <summary>Makes the copy the same as the source, whatever an earlier run left there.</summary>
    public void Synchronize()
    {
        CopyFiles(string.Empty);
        foreach (string folder in s_folders)
        {
            Synchronize(folder);
        }
    }

    /// <summary>Builds a defect into the copy.</summary>
    /// <exception cref="MutationException">It does not fit.</exception>
    public void Apply(Mutation mutation)
    {
        foreach (Replacement replacement in mutation.Replacements)
        {
            string path = Path.Combine(root, replacement.File);
            File.WriteAllText(path, replacement.Apply(File.ReadAllText(path)));
        }
    }

    /// <summary>Takes the defect out again.</summary>
    public void Restore(Mutation mutation)
    {
        foreach (Replacement replacement in mutation.Replacements)
        {
            Copy(Path.Combine(source, replacement.File), Path.Combine(root, replacement.File));
        }
    }

    /// <summary>The project that a source file belongs to: the nearest project file above it, as a path from the root.</summary>
    public string ProjectOf(string file)
    {
        for (string? folder = Path.GetDirectoryName(file); !string.IsNullOrEmpty(folder); folder = Path.GetDirectoryName(folder))
        {
            string[] projects = Directory.GetFiles(Path.Combine(root, folder), "*.csproj");
            if (projects.Length > 0)
            {
                return Path.GetRelativePath(root, projects[0]);
            }
        }

        throw new MutationException($"{file} belongs to no project");
    }

    private void Synchronize(string folder)
    {
        CopyFiles(folder);
        string copies = Path.Combine(root, folder);
        foreach (string name in Names(Directory.GetDirectories(Path.Combine(source, folder))))
        {
            if (Array.IndexOf(s_products, name) < 0)
            {
                Synchronize(Path.Combine(folder, name));
            }
        }

        foreach (string name in Names(Directory.GetDirectories(copies)))
        {
            if (!Directory.Exists(Path.Combine(source, folder, name)))
            {
                Directory.Delete(Path.Combine(copies, name), recursive: true);
            }
        }
    }

    private void CopyFiles(string folder)
    {
        string copies = Directory.CreateDirectory(Path.Combine(root, folder)).FullName;
        foreach (string name in Names(Directory.GetFiles(Path.Combine(source, folder))))
        {
            string original = Path.Combine(source, folder, name);
            string copy = Path.Combine(copies, name);
            if (!File.Exists(copy) || !File.ReadAllBytes(original).AsSpan().SequenceEqual(File.ReadAllBytes(copy)))
            {
                Copy(original, copy);
            }
        }

        foreach (string name in Names(Directory.GetFiles(copies)))
        {
            if (!File.Exists(Path.Combine(source, folder, name)))
            {
                File.Delete(Path.Combine(copies, name));
            }
        }
    }

    private static void Copy(string original, string copy)
    {
        File.Copy(original, copy, overwrite: true);
        File.SetLastWriteTimeUtc(copy, DateTime.UtcNow); // the time of a change is what tells a build that there was one
    }

    private static string[] Names(string[] paths) => Array.ConvertAll(paths, path => Path.GetFileName(path));
}
