using Nvmepf.HostDriver.Checks;
using Nvmepf.HostDriver.Nvme;

namespace Nvmepf.HostDriver.Torture;

/// <summary>
/// Runs checks one by one, each over a connection of its own that ends without a word, as a host does that dies. So every check also
/// tests that a new client can connect and finds the namespaces as they were.
/// </summary>
public static class TortureRunner
{
    /// <summary>Every check, in the order they run.</summary>
    public static IReadOnlyList<TortureCheck> All { get; } =
    [
        .. RegisterChecks.All,
        .. EnableChecks.All,
        .. DoorbellChecks.All,
        .. QueueChecks.All,
        .. QueueUseChecks.All,
        .. PrpChecks.All,
        .. SglChecks.All,
        .. SglHostileChecks.All,
        .. AdminChecks.All,
        .. BlockCommandChecks.All,
        .. EventChecks.All,
        .. ResetChecks.All,
        .. MemoryChecks.All,
        .. ConnectionChecks.All,
    ];

    /// <summary>
    /// Runs the checks whose name contains <paramref name="only"/>; all when it is null. Lethal ones only if <paramref name="lethal"/>.
    /// </summary>
    public static void Run(
        string directory, NvmeHostOptions options, uint namespaceIdentifier, ulong seed, string? only, bool lethal, CheckReport report)
    {
        string group = "";
        foreach (TortureCheck check in All)
        {
            if ((only is not null && !check.Name.Contains(only, StringComparison.Ordinal)) || (check.Lethal && !lethal))
            {
                continue;
            }

            string itsGroup = check.Name[..check.Name.IndexOf('/', StringComparison.Ordinal)];
            if (itsGroup != group)
            {
                group = itsGroup;
                report.Section(group);
            }

            RunOne(directory, options, namespaceIdentifier, seed, check, report);
        }
    }

    private static void RunOne(
        string directory, NvmeHostOptions options, uint namespaceIdentifier, ulong seed, TortureCheck check, CheckReport report)
    {
        TortureContext context;
        try
        {
            context = new TortureContext(directory, options, namespaceIdentifier, seed, check.Name, report);
        }
        catch (Exception exception) when (exception is HostFailureException or IOException)
        {
            _ = report.Expect($"{check.Name}: connect and enable", "a working controller", exception.Message, passed: false);
            return;
        }

        using (context)
        {
            try
            {
                check.Body(context);
            }
            catch (Exception exception) when (exception is HostFailureException or IOException)
            {
                _ = report.Expect($"{check.Name}: runs to its end", "no failure of host or connection", exception.Message, passed: false);
            }
        }
    }
}
