namespace Nvmepf.Firmware.Configuration;

/// <summary>
/// How a directory shaped like <c>/sys/kernel/config</c> is laid out: <c>nvmet/...</c> and <c>pci_ep/...</c>. An attribute is a file named
/// after its group and key, but for the group <c>nvme</c> of functions, which is a directory.
/// </summary>
internal static class DirectoryShape
{
    /// <summary>nvmet's part.</summary>
    public const string Nvmet = "nvmet";

    /// <summary>The PCI endpoint framework's part.</summary>
    public const string PciEndpoint = "pci_ep";

    /// <summary>The driver's directory below <c>pci_ep/functions</c>.</summary>
    public const string FunctionDriver = "nvmet_pci_epf";

    /// <summary>The group of functions that is a directory.</summary>
    public const string NvmeGroup = "nvme";

    private static readonly string[] s_fixed =
    [
        "nvmet/hosts", "nvmet/subsystems", "nvmet/ports", "pci_ep/functions/" + FunctionDriver, "pci_ep/controllers",
    ];

    // What configfs makes below a directory that a user makes: parent, then children.
    private static readonly (string Parent, string[] Children)[] s_defaultGroups =
    [
        ("nvmet/subsystems", ["namespaces", "allowed_hosts"]),
        ("nvmet/ports", ["subsystems", "ana_groups", "referrals"]),
        ("pci_ep/functions/" + FunctionDriver, [NvmeGroup]),
    ];

    /// <summary>Directories in which a user's new directory gets directories of its own.</summary>
    public static IEnumerable<string> GroupParents => Array.ConvertAll(s_defaultGroups, groups => groups.Parent);

    /// <summary>Name of an attribute's file in the directory of its node, or in its directory <c>nvme</c>.</summary>
    public static string FileName(string? group, string key) => group is null or NvmeGroup ? key : $"{group}_{key}";

    /// <summary>Makes the directory of a controller where there is none: in the kernel a controller is there before anybody asks for it.</summary>
    public static void MakeController(string directory, string name)
    {
        MakeGroups(directory);
        try
        {
            string controllers = Path.Join(directory, PciEndpoint, "controllers");
            if (Directory.GetDirectories(controllers).Length == 0)
            {
                _ = Directory.CreateDirectory(Path.Join(controllers, name));
            }
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // Read-only: then what is there has to do.
        }
    }

    /// <summary>
    /// Makes the directories that configfs would have made by itself, where they are missing. A file system that refuses is left as it is.
    /// </summary>
    public static void MakeGroups(string directory)
    {
        try
        {
            foreach (string path in s_fixed)
            {
                _ = Directory.CreateDirectory(Path.Join(directory, path));
            }

            foreach ((string parent, string[] children) in s_defaultGroups)
            {
                foreach (string made in Directory.GetDirectories(Path.Join(directory, parent)))
                {
                    if (new DirectoryInfo(made).LinkTarget is null)
                    {
                        Array.ForEach(children, child => _ = Directory.CreateDirectory(Path.Join(made, child)));
                    }
                }
            }
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // Read-only, or changed at this moment; the next look tells.
        }
    }
}
