using System.Globalization;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;
using Xunit;

namespace Nvmepf.Tests.HostDriver;

/// <summary>Reservations and write protection over a real socket, with a firmware that is killed in between and two hosts that take turns.</summary>
[Collection("firmware process")]
public sealed class ReservationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nvmepf-reserved-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string WriteConfiguration()
    {
        string path = Path.Combine(_folder, "served.json");
        string storage = $"file:{Path.Combine(_folder, "disk")},size=16M";
        File.WriteAllText(path, string.Format(
            CultureInfo.InvariantCulture,
            """
            {{"subsystems": [{{"nqn": "nqn.2026-01.test:reserved",
               "namespaces": [{{"nsid": 1, "enable": 1, "device": {{"path": "{0}"}}, "resv": {{"enable": "1"}}}}]}}],
             "functions": [{{"name": "nvmepf.0"}}],
             "controllers": [{{"name": "c0", "functions": ["nvmepf.0"]}}]}}
            """,
            storage));
        return path;
    }

    private static StatusCode Run(NvmeHost host, HostSubmissionQueue queue, SubmissionQueueEntry command, ulong first, ulong second = 0)
    {
        HostBuffer buffer = host.Arena.Allocate(4096, host.PageLengthBytes);
        try
        {
            BitConverter.TryWriteBytes(buffer.Bytes, first);
            BitConverter.TryWriteBytes(buffer.Bytes[8..], second);
            command.Prp1 = buffer.Address;
            return host.Execute(queue, in command).CompletionStatus.Status.Code;
        }
        finally
        {
            host.Arena.Free(buffer);
        }
    }

    private static StatusCode Register(NvmeHost host, HostSubmissionQueue queue, ulong key) => Run(
        host,
        queue,
        NvmeCommands.Command(
            (byte)NvmOpcode.ReservationRegister,
            1,
            new ReservationRegisterDword10 { ChangePersistence = ChangePersistThroughPowerLoss.Set }.Raw),
        0,
        key);

    private static StatusCode Acquire(NvmeHost host, HostSubmissionQueue queue, ReservationAcquireAction action, ulong key, ulong preempted) => Run(
        host,
        queue,
        NvmeCommands.Command(
            (byte)NvmOpcode.ReservationAcquire,
            1,
            new ReservationAcquireDword10 { Action = action, Type = ReservationType.ExclusiveAccess }.Raw),
        key,
        preempted);

    private static StatusCode Read(NvmeHost host, HostSubmissionQueue queue) =>
        Run(host, queue, NvmeCommands.Command((byte)NvmOpcode.Read, 1), 0);

    private static HostSubmissionQueue Enable(NvmeHost host, ulong identifier)
    {
        host.Enable();
        Assert.Equal(
            StatusCode.Success,
            Run(host, host.AdminQueue, NvmeCommands.SetFeatures((byte)FeatureId.HostIdentifier, 1), identifier));
        return host.CreateQueuePair(1, 16);
    }

    [Fact]
    public void A_reservation_outlives_the_firmware_and_another_host_meets_and_preempts_it()
    {
        string configuration = WriteConfiguration();
        using (FirmwareProcess firmware = new("--config", configuration))
        using (NvmeHost a = firmware.Connect())
        {
            HostSubmissionQueue queue = Enable(a, 0xA);
            Assert.Equal(StatusCode.Success, Register(a, queue, 1));
            Assert.Equal(StatusCode.Success, Acquire(a, queue, ReservationAcquireAction.Acquire, 1, 0));
            Assert.Equal(StatusCode.Success, Read(a, queue));
        }

        // The end of the block above is a SIGKILL.
        using (FirmwareProcess firmware = new("--config", configuration))
        {
            using (NvmeHost b = firmware.Connect())
            {
                HostSubmissionQueue queue = Enable(b, 0xB);
                Assert.Equal(StatusCode.ReservationConflict, Read(b, queue));
                Assert.Equal(StatusCode.Success, Register(b, queue, 2));
                Assert.Equal(StatusCode.Success, Acquire(b, queue, ReservationAcquireAction.PreemptAndAbort, 2, 1));
                Assert.Equal(StatusCode.Success, Read(b, queue));
            }

            using NvmeHost a = firmware.Connect();
            HostSubmissionQueue again = Enable(a, 0xA);
            Assert.Equal(StatusCode.ReservationConflict, Read(a, again));
            Assert.Equal(StatusCode.ReservationConflict, Acquire(a, again, ReservationAcquireAction.Acquire, 1, 0));
        }
    }

    [Fact]
    public void Write_protection_outlives_the_firmware_and_a_damaged_state_ends_the_start()
    {
        string configuration = WriteConfiguration();
        using (FirmwareProcess firmware = new("--config", configuration))
        using (NvmeHost host = firmware.Connect())
        {
            host.Enable();
            Assert.Equal(
                StatusCode.Success,
                Run(host, host.AdminQueue, NvmeCommands.SetFeatures((byte)FeatureId.NamespaceWriteProtectionConfig, 1, namespaceIdentifier: 1), 0));
        }

        using (FirmwareProcess firmware = new("--config", configuration))
        using (NvmeHost host = firmware.Connect())
        {
            HostSubmissionQueue queue = Enable(host, 0xA);
            Assert.Equal(StatusCode.NamespaceIsWriteProtected, Run(host, queue, NvmeCommands.Command((byte)NvmOpcode.Write, 1), 0));
            Assert.Equal(StatusCode.Success, Read(host, queue));
        }

        string state = Path.Combine(_folder, "disk.nvmepf-state");
        byte[] bytes = File.ReadAllBytes(state);
        bytes[16] ^= 1;
        File.WriteAllBytes(state, bytes);
        using FirmwareProcess refused = new("--config", configuration);
        Assert.True(SpinWait.SpinUntil(() => refused.HasExited && refused.Log.Contains("is damaged", StringComparison.Ordinal), 60_000), refused.Log);
        Assert.Contains(state, refused.Log, StringComparison.Ordinal);
    }
}
