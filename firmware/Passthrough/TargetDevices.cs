using System.Globalization;
using System.Runtime.InteropServices;
using Nvmepf.Firmware.Configuration;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Passthrough;

/// <summary>
/// Finds, opens and asks the kernel's NVMe devices: <c>/dev/nvmeX</c> and the <c>/dev/ngXnY</c> that belong to it. For control threads; it
/// waits (each command has a deadline) and allocates.
/// </summary>
public static unsafe class TargetDevices
{
    private const string ControllerClass = "/sys/class/nvme";
    private const string NamespaceClass = "/sys/class/nvme-generic";
    private const uint PageBytes = 4096;
    private const uint CautiousTransferBytes = 128 * 1024; // what every driver takes in one request
    private const int BlockShiftMinimum = 9;
    private const int BlockShiftMaximum = 16;
    private const uint MillisecondsPerSecond = 1000;

    /// <summary>
    /// State of a controller as the kernel says it (<c>live</c>, <c>connecting</c>, <c>deleting</c>, ...) in lower case ASCII, without its end
    /// of line; empty where there is no such controller. Allocates nothing.
    /// </summary>
    /// <param name="statePath">As of <see cref="StatePath"/>.</param>
    /// <param name="text">Room for it.</param>
    public static ReadOnlySpan<byte> ReadState(string statePath, Span<byte> text)
    {
        int file = Files.Open(statePath, OpenFlags.ReadOnly);
        if (file < 0)
        {
            return [];
        }

        long count;
        fixed (byte* buffer = text)
        {
            count = Files.Read(file, buffer, (nuint)text.Length);
        }

        _ = Files.Close(file);
        return count <= 0 ? [] : text[..(int)count].TrimEnd((byte)'\n');
    }

    /// <summary>The file with a controller's state.</summary>
    public static string StatePath(string controllerName) => $"{ControllerClass}/{controllerName}/state";

    /// <summary>An attribute of a controller in sysfs without white space around it; empty where it is not there.</summary>
    public static string ReadAttribute(string controllerName, string attribute)
    {
        try
        {
            return File.ReadAllText($"{ControllerClass}/{controllerName}/{attribute}").Trim();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return string.Empty;
        }
    }

    /// <summary>Names of all controllers, e.g. <c>nvme0</c>.</summary>
    public static string[] Controllers() => Names(ControllerClass);

    /// <summary>The controller that a device path stands for: its file name, after links.</summary>
    public static string NameOf(string devicePath)
    {
        try
        {
            return Path.GetFileName(File.ResolveLinkTarget(devicePath, returnFinalTarget: true)?.FullName ?? devicePath);
        }
        catch (IOException)
        {
            return Path.GetFileName(devicePath);
        }
    }

    /// <summary>Sends an Identify command and waits.</summary>
    /// <param name="descriptor">The open controller.</param>
    /// <param name="cns">Which structure.</param>
    /// <param name="namespaceId">NSID, or 0.</param>
    /// <param name="page">4096 bytes for it.</param>
    /// <param name="timeoutSeconds">Deadline.</param>
    /// <returns>0, an NVMe status, or a negated errno.</returns>
    public static int Identify(int descriptor, Cns cns, uint namespaceId, void* page, uint timeoutSeconds)
    {
        NvmePassthroughCommand command = default;
        command.Command = new NvmeUringCommand
        {
            Opcode = (byte)AdminOpcode.Identify,
            NamespaceIdentifier = namespaceId,
            Address = (ulong)page,
            DataLength = IdentifyData.SizeBytes,
            Cdw10 = new IdentifyDword10 { Cns = cns }.Raw,
            TimeoutMilliseconds = timeoutSeconds * MillisecondsPerSecond,
        };
        return NvmeDevices.Admin(descriptor, ref command);
    }

    /// <summary>Critical Warning of the target's SMART / Health log, of the whole controller. Its own event stays as it is, for the kernel.</summary>
    /// <param name="descriptor">The open <c>/dev/nvmeX</c>.</param>
    /// <param name="page">Room for the page.</param>
    /// <param name="timeoutSeconds">How long it may take.</param>
    /// <param name="warning">The warnings, where the target has answered.</param>
    public static bool TryReadCriticalWarning(int descriptor, void* page, uint timeoutSeconds, out CriticalWarning warning)
    {
        NvmePassthroughCommand command = default;
        command.Command = new NvmeUringCommand
        {
            Opcode = (byte)AdminOpcode.GetLogPage,
            NamespaceIdentifier = uint.MaxValue,
            Address = (ulong)page,
            DataLength = (uint)sizeof(SmartHealthLog),
            Cdw10 = new GetLogPageDword10
            {
                LogPageIdentifier = LogPageId.SmartHealthInformation,
                RetainAsynchronousEvent = true,
                NumberOfDwordsLowerZeroBased = (ushort)((sizeof(SmartHealthLog) / sizeof(uint)) - 1),
            }.Raw,
            TimeoutMilliseconds = timeoutSeconds * MillisecondsPerSecond,
        };
        bool isRead = NvmeDevices.Admin(descriptor, ref command) == 0;
        warning = isRead ? ((SmartHealthLog*)page)->CriticalWarning : CriticalWarning.None;
        return isRead;
    }

    /// <summary>Opens all that a controller has and asks what it is.</summary>
    /// <param name="controllerName">E.g. <c>nvme0</c>.</param>
    /// <param name="settings">Identifiers and deadlines.</param>
    /// <param name="known">The target's own identifiers of namespaces seen before; one that has others now is left out.</param>
    /// <param name="passedOver">Gets each namespace that is there and is not passed.</param>
    /// <param name="identities">Gets the target's own identifiers of each namespace, as text.</param>
    /// <exception cref="PlatformException">It cannot be opened or does not answer; the message is for the user.</exception>
    public static TargetSnapshot Load(
        string controllerName,
        PassthroughSettings settings,
        Dictionary<uint, string> known,
        List<PassedOver> passedOver,
        Dictionary<uint, string> identities)
    {
        int controller = Files.Open($"/dev/{controllerName}", OpenFlags.ReadWrite);
        if (controller < 0)
        {
            throw new PlatformException($"passthrough: cannot open /dev/{controllerName}: {Errno.Describe(controller)}");
        }

        SortedDictionary<uint, TargetNamespace> found = [];
        byte* pages = (byte*)NativeMemory.AllocZeroed(4, PageBytes);
        try
        {
            Require(Identify(controller, Cns.Controller, 0, pages, settings.AdminTimeoutSeconds), controllerName, "Identify Controller");
            foreach (uint identifier in ActiveNamespaces(controller, controllerName, settings))
            {
                IdentifyNamespace* data = (IdentifyNamespace*)(pages + PageBytes);
                if (Identify(controller, Cns.Namespace, identifier, data, settings.AdminTimeoutSeconds) != 0 || data->NamespaceSizeLogicalBlocks == 0)
                {
                    continue;
                }

                string identity = ReadIdentity(controller, identifier, settings, data, pages + (2 * PageBytes));
                if (Refuse(data, identity, known.GetValueOrDefault(identifier, identity), found.Count) is string reason)
                {
                    passedOver.Add(new PassedOver(
                        identifier,
                        $"passthrough: namespace {identifier} of {controllerName} is not shown to the host: {reason}",
                        new ReadOnlySpan<byte>(data, IdentifyData.SizeBytes).ToArray()));
                }
                else if (OpenDevice(controllerName, identifier) is >= 0 and int descriptor)
                {
                    identities[identifier] = identity;
                    found.Add(identifier, new TargetNamespace(identifier, descriptor, FormatOf(data).LbaDataSizeLog2, 0));
                }
            }

            TargetSnapshot snapshot = new(controller, [.. found.Values]);
            *snapshot.Controller = *(IdentifyController*)pages;
            Fill(snapshot, settings);
            return snapshot;
        }
        catch
        {
            foreach (TargetNamespace opened in found.Values)
            {
                _ = Files.Close(opened.Descriptor);
            }

            _ = Files.Close(controller);
            throw;
        }
        finally
        {
            NativeMemory.Free(pages);
        }
    }

    /// <summary>The largest transfer that the target and the kernel's driver take, in bytes; a power of two.</summary>
    public static uint MaximumTransferBytes(TargetSnapshot snapshot, string controllerName, uint wantedBytes)
    {
        ulong limit = wantedBytes;
        if (snapshot.Controller->MaximumDataTransferSize is > 0 and < 20 and byte power)
        {
            limit = Math.Min(limit, (ulong)PageBytes << power);
        }

        List<string> devices = NamespaceDevices(controllerName);
        if (devices.Count == 0)
        {
            limit = Math.Min(limit, CautiousTransferBytes); // a namespace may come later, and what hosts were told does not change
        }

        foreach (string device in devices)
        {
            // The block device beside ngXnY is nvmeXnY; its queue has the limits of the driver.
            string queue = $"/sys/block/nvme{device[2..]}/queue";
            limit = Math.Min(limit, ReadNumber($"{queue}/max_hw_sectors_kb", ulong.MaxValue / 1024) * 1024);

            // Memory that begins inside a page needs a segment more than it has pages.
            limit = Math.Min(limit, (Math.Max(ReadNumber($"{queue}/max_segments", ushort.MaxValue), 3) - 1) * PageBytes);
        }

        return 1u << (int)ulong.Log2(limit);
    }

    private static ulong ReadNumber(string path, ulong otherwise)
    {
        try
        {
            return ulong.Parse(File.ReadAllText(path).Trim(), CultureInfo.InvariantCulture);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or FormatException or OverflowException)
        {
            return otherwise;
        }
    }

    private static List<uint> ActiveNamespaces(int controller, string controllerName, PassthroughSettings settings)
    {
        uint* list = stackalloc uint[IdentifyData.NamespaceListEntries];
        new Span<uint>(list, IdentifyData.NamespaceListEntries).Clear();
        Require(Identify(controller, Cns.ActiveNamespaceList, 0, list, settings.AdminTimeoutSeconds), controllerName, "the list of active namespaces");
        List<uint> identifiers = [];
        for (int i = 0; i < IdentifyData.NamespaceListEntries && list[i] != 0; i++)
        {
            identifiers.Add(list[i]);
        }

        return identifiers;
    }

    /// <summary>Why a namespace cannot be passed; null where it can.</summary>
    private static string? Refuse(IdentifyNamespace* data, string identity, string identityBefore, int passed)
    {
        LbaFormat format = FormatOf(data);
        if (format.MetadataSizeBytes != 0 || format.LbaDataSizeLog2 is < BlockShiftMinimum or > BlockShiftMaximum)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"blocks of 2^{format.LbaDataSizeLog2} bytes with {format.MetadataSizeBytes} bytes of metadata; allowed: 2^9 to 2^16 without metadata");
        }

        return identity != identityBefore ? "it is not the one it was (identifiers or block differ)"
            : passed == TargetSnapshot.NamespacesMax ? $"the target has more than the {TargetSnapshot.NamespacesMax} that are"
            : null;
    }

    /// <summary>The open device of a namespace, or -1 where the kernel has made none (yet).</summary>
    private static int OpenDevice(string controllerName, uint identifier)
    {
        foreach (string device in NamespaceDevices(controllerName))
        {
            int descriptor = Files.Open($"/dev/{device}", OpenFlags.ReadWrite);
            if (descriptor >= 0 && NvmeDevices.NamespaceIdentifier(descriptor) == (int)identifier)
            {
                return descriptor;
            }

            if (descriptor >= 0)
            {
                _ = Files.Close(descriptor);
            }
        }

        return -1;
    }

    private static LbaFormat FormatOf(IdentifyNamespace* data)
    {
        FormattedLbaSize size = data->FormattedLbaSize;
        int index = size.FormatIndexLower;
        if (data->NumberOfLbaFormatsZeroBased + data->NumberOfUniqueAttributeLbaFormats > 16)
        {
            index |= size.FormatIndexUpper << 4;
        }

        return data->LbaFormats[index];
    }

    /// <summary>Makes the pages that hosts are answered from.</summary>
    private static void Fill(TargetSnapshot snapshot, PassthroughSettings settings)
    {
        int controller = snapshot.ControllerDescriptor;
        _ = Identify(controller, Cns.IoCommandSetSpecificController, 0, snapshot.NvmController, settings.AdminTimeoutSeconds); // zero where it is refused
        byte[] list = new byte[IdentifyData.SizeBytes];
        Span<byte> uuid = stackalloc byte[16];
        foreach (ref readonly TargetNamespace target in snapshot.Namespaces)
        {
            IdentifyNamespace* data = snapshot.Identify(in target);
            _ = Identify(controller, Cns.Namespace, target.NamespaceId, data, settings.AdminTimeoutSeconds);
            fixed (byte* page = list)
            {
                ReadDescriptors(controller, target.NamespaceId, settings, page);
            }

            _ = StableIdentity.Uuid(settings.SubsystemNqn, target.NamespaceId).TryWriteBytes(uuid, bigEndian: true, out _);
            Span<byte> descriptors = new(snapshot.Descriptors(in target), IdentifyData.SizeBytes);
            IdentityCorrection.Descriptors(descriptors, list, data, settings.ClearIdentifiers, uuid);
            IdentityCorrection.Namespace(data, settings.ClearIdentifiers);
        }
    }

    /// <summary>The Namespace Identification Descriptor list; zero where the target has none.</summary>
    private static void ReadDescriptors(int controller, uint identifier, PassthroughSettings settings, byte* page)
    {
        new Span<byte>(page, IdentifyData.SizeBytes).Clear();
        if (Identify(controller, Cns.NamespaceIdentificationDescriptorList, identifier, page, settings.AdminTimeoutSeconds) != 0)
        {
            new Span<byte>(page, IdentifyData.SizeBytes).Clear();
        }
    }

    /// <summary>What tells one namespace from another: NGUID, EUI64 and the descriptors, whatever of them there is; and the block.</summary>
    private static string ReadIdentity(int controller, uint identifier, PassthroughSettings settings, IdentifyNamespace* data, byte* page)
    {
        const int DescriptorBytes = 64;
        ReadDescriptors(controller, identifier, settings, page);
        ReadOnlySpan<byte> nguid = data->NamespaceGloballyUniqueIdentifier;
        ReadOnlySpan<byte> eui64 = data->IeeeExtendedUniqueIdentifier;
        string descriptors = Convert.ToHexString(new ReadOnlySpan<byte>(page, DescriptorBytes));
        return $"{Convert.ToHexString(nguid)} {Convert.ToHexString(eui64)} {descriptors} {FormatOf(data).LbaDataSizeLog2}";
    }

    /// <summary>
    /// Character devices of a controller's namespaces. They hang under the controller or, where the kernel put a multipath device in front,
    /// under the subsystem that the controller belongs to.
    /// </summary>
    private static List<string> NamespaceDevices(string controllerName)
    {
        List<string> devices = [];
        foreach (string name in Names(NamespaceClass))
        {
            string? parent = null;
            try
            {
                parent = Path.GetFileName(File.ResolveLinkTarget($"{NamespaceClass}/{name}/device", returnFinalTarget: false)?.FullName);
            }
            catch (IOException)
            {
                // It went away while we looked.
            }

            if (parent == controllerName || (parent is not null && Path.Exists($"/sys/class/nvme-subsystem/{parent}/{controllerName}")))
            {
                devices.Add(name);
            }
        }

        return devices;
    }

    private static string[] Names(string directory)
    {
        try
        {
            return Array.ConvertAll(Directory.GetFileSystemEntries(directory), path => Path.GetFileName(path));
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static void Require(int result, string controllerName, string what)
    {
        if (result != 0)
        {
            string why = result < 0 ? Errno.Describe(result) : string.Create(CultureInfo.InvariantCulture, $"status {result:x4}h");
            throw new PlatformException($"passthrough: {what} of /dev/{controllerName} failed: {why}");
        }
    }
}
