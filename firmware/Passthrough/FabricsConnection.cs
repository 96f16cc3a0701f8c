using System.Text;
using Nvmepf.Firmware.Configuration;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Passthrough;

/// <summary>
/// Connects the kernel's NVMe over Fabrics host: options written to <c>/dev/nvme-fabrics</c> make a controller, whose name the same file tells.
/// For control threads: a connect waits as long as the kernel does.
/// </summary>
/// <remarks>
/// The kernel reconnects by itself (every <c>reconnect_delay</c> seconds for <c>ctrl_loss_tmo</c> seconds); when it gives up, or the target says
/// that it does not know the subsystem, the controller is gone and it is for the caller to connect anew.
/// </remarks>
public static unsafe class FabricsConnection
{
    private const string FabricsDevice = "/dev/nvme-fabrics";
    private const int AnswerBytesMax = 128;
    private static readonly Dictionary<string, int> s_users = []; // of a connection, by its options with our host identity; also the lock

    /// <summary>
    /// Checks options as a person gives them: <c>key=value</c> separated by commas, with transport, traddr and nqn. Returns what is wrong, or null.
    /// </summary>
    public static string? Check(string options)
    {
        HashSet<string> keys = [];
        foreach (string part in options.Split(','))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || part.AsSpan().ContainsAny(" \t\n"))
            {
                return "not KEY=VALUE,KEY=VALUE... without blanks";
            }

            if (!keys.Add(part[..equals]))
            {
                return "a key is given twice";
            }
        }

        return keys.Contains("transport") && keys.Contains("traddr") && keys.Contains("nqn") ? null : "transport, traddr or nqn is missing";
    }

    /// <summary>The value of an option, or null.</summary>
    public static string? Value(string options, string key)
    {
        foreach (string part in options.Split(','))
        {
            if (part.StartsWith(key + "=", StringComparison.Ordinal))
            {
                return part[(key.Length + 1)..];
            }
        }

        return null;
    }

    /// <summary>
    /// The options for the kernel: those given, a host identity that stays the same over restarts, so that a target can list it, and a reconnect
    /// every two seconds, so that a host of ours waits no longer than that for a target that is back.
    /// </summary>
    public static string Complete(string options, string subsystemNqn)
    {
        StringBuilder text = new(options);
        if (Value(options, "hostnqn") is null && Value(options, "hostid") is null)
        {
            // 0 is no namespace's NSID, so this is no namespace's UUID.
            Guid identity = StableIdentity.Uuid(subsystemNqn, 0);
            _ = text.Append($",hostnqn=nqn.2014-08.org.nvmexpress:uuid:{identity},hostid={identity}");
        }

        if (Value(options, "reconnect_delay") is null)
        {
            _ = text.Append(",reconnect_delay=2");
        }

        return text.ToString();
    }

    /// <summary>A controller that we are connected with already, e.g. from an earlier run of this process; null for none.</summary>
    public static string? FindExisting(string options, string subsystemNqn)
    {
        string complete = Complete(options, subsystemNqn);
        return Array.Find(
            TargetDevices.Controllers(),
            name => IsConnection(complete, attribute => TargetDevices.ReadAttribute(name, attribute))
                && TargetDevices.ReadAttribute(name, "state") is "live" or "connecting" or "resetting" or "new");
    }

    /// <summary>
    /// True for a controller that was connected with these options. One of another host identity is somebody else's, whatever else is the same:
    /// it is neither used nor taken apart.
    /// </summary>
    /// <param name="complete">As of <see cref="Complete"/>.</param>
    /// <param name="attribute">The controller's attributes in sysfs.</param>
    public static bool IsConnection(string complete, Func<string, string> attribute)
    {
        string address = attribute("address") + ",";
        string? service = Value(complete, "trsvcid");
        string? host = Value(complete, "hostnqn");
        return attribute("transport") == Value(complete, "transport")
            && attribute("subsysnqn") == Value(complete, "nqn")
            && (host is null || attribute("hostnqn") == host)
            && address.Contains($"traddr={Value(complete, "traddr")},", StringComparison.Ordinal)
            && (service is null || address.Contains($"trsvcid={service},", StringComparison.Ordinal));
    }

    /// <summary>A function begins to use a connection, before there is one. Functions of a subsystem have the same host identity, and so share it.</summary>
    public static void Enter(string options, string subsystemNqn)
    {
        string complete = Complete(options, subsystemNqn);
        lock (s_users)
        {
            s_users[complete] = s_users.GetValueOrDefault(complete) + 1;
        }
    }

    /// <summary>A function uses it no longer; who is the last takes it apart.</summary>
    /// <returns>True for the last.</returns>
    public static bool Leave(string options, string subsystemNqn)
    {
        string complete = Complete(options, subsystemNqn);
        lock (s_users)
        {
            s_users[complete]--;
            if (s_users[complete] > 0)
            {
                return false;
            }

            _ = s_users.Remove(complete);
        }

        if (FindExisting(options, subsystemNqn) is string name)
        {
            Disconnect(name);
        }

        return true;
    }

    /// <summary>Connects; returns the controller's name, e.g. <c>nvme1</c>.</summary>
    /// <exception cref="PlatformException">It cannot; the message is for the user.</exception>
    public static string Connect(string options, string subsystemNqn)
    {
        int device = Files.Open(FabricsDevice, OpenFlags.ReadWrite);
        if (device < 0)
        {
            throw new PlatformException(
                $"passthrough: cannot open {FabricsDevice}: {Errno.Describe(device)}; is the module nvme-{Value(options, "transport")} loaded?");
        }

        try
        {
            byte[] request = Encoding.ASCII.GetBytes(Complete(options, subsystemNqn));
            long result;
            fixed (byte* start = request)
            {
                result = Files.Write(device, start, (nuint)request.Length);
            }

            return result >= 0 ? ReadName(device, options)
                : throw new PlatformException($"passthrough: cannot connect to {options}: {Errno.Describe((int)result)}");
        }
        finally
        {
            _ = Files.Close(device);
        }
    }

    private static string ReadName(int device, string options)
    {
        byte* answer = stackalloc byte[AnswerBytesMax];
        long count = Files.Read(device, answer, AnswerBytesMax);
        string text = count > 0 ? Encoding.ASCII.GetString(answer, (int)count).Trim() : string.Empty;
        return Value(text, "instance") is string instance
            ? $"nvme{instance}"
            : throw new PlatformException($"passthrough: connected to {options}, but the kernel does not name the controller");
    }

    private static void Disconnect(string controllerName)
    {
        try
        {
            File.WriteAllText($"/sys/class/nvme/{controllerName}/delete_controller", "1");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // It is gone already.
        }
    }
}
