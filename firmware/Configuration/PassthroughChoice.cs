using Nvmepf.Firmware.Passthrough;

namespace Nvmepf.Firmware.Configuration;

/// <summary>Judges the passthrough part of a subsystem, fills its defaults in, and says what is to be served of it.</summary>
internal static class PassthroughChoice
{
    /// <summary>What a device path may be, for messages.</summary>
    public const string Form = "/dev/nvmeN, or transport=tcp,traddr=ADDRESS[,trsvcid=4420],nqn=NQN[,...]";

    private const string Transport = "transport=";
    private const uint TimeoutMaximumSeconds = 3600;

    /// <summary>The settings of an enabled passthrough; null where there is none.</summary>
    /// <exception cref="ConfigurationException">It is wrong, or stands beside namespaces.</exception>
    public static PassthroughSettings? Resolve(SubsystemNode subsystem)
    {
        PassthroughNode? node = subsystem.Passthrough.Find(candidate => candidate.Enable == true);
        if (node is null)
        {
            return null;
        }

        Place path = node.Place.Member("device").Member("path");
        if (node.DevicePath is not string device)
        {
            throw ConfigurationException.At(path, $"is missing; allowed: {Form}");
        }

        if (subsystem.Namespaces.Find(candidate => candidate.Enable == true) is NamespaceNode other)
        {
            throw ConfigurationException.ForValue(
                path, device, $"namespace {other.NamespaceId} is enabled too", "passthrough without namespaces, or namespaces without passthrough");
        }

        bool isFabrics = device.StartsWith(Transport, StringComparison.Ordinal);
        string? problem = isFabrics ? FabricsConnection.Check(device) : device.StartsWith('/') ? null : "neither a path nor options to connect";
        if (problem is not null)
        {
            throw ConfigurationException.ForValue(path, device, problem, Form);
        }

        node.ClearIds ??= 0;
        node.AdminTimeoutSeconds = Timeout(node, "admin_timeout", node.AdminTimeoutSeconds, PassthroughSettings.DefaultAdminTimeoutSeconds);
        node.IoTimeoutSeconds = Timeout(node, "io_timeout", node.IoTimeoutSeconds, PassthroughSettings.DefaultIoTimeoutSeconds);
        return new PassthroughSettings
        {
            DevicePath = isFabrics ? null : device,
            ConnectOptions = isFabrics ? device : null,
            ClearIdentifiers = node.ClearIds != 0,
            AdminTimeoutSeconds = node.AdminTimeoutSeconds.Value,
            IoTimeoutSeconds = node.IoTimeoutSeconds.Value,
            SubsystemNqn = subsystem.Nqn,
            HasOwnSerial = subsystem.Serial is not null,
            HasOwnModel = subsystem.Model is not null,
            HasOwnFirmwareRevision = subsystem.Firmware is not null,
        };
    }

    /// <summary>As in nvmet, 0 means the default.</summary>
    private static uint Timeout(PassthroughNode node, string key, uint? seconds, uint otherwise) => seconds switch
    {
        null or 0 => otherwise,
        > TimeoutMaximumSeconds => throw ConfigurationException.ForValue(
            node.Place.Member(key), $"{seconds}", "too long", $"0 (for {otherwise}) to {TimeoutMaximumSeconds} seconds"),
        _ => seconds.Value,
    };
}
